"""Reads text files that people write, and says what an unreadable one looks like. Shell."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("MAX_BYTES", "decode_text_file", "read_text_file")

MAX_BYTES = 8_000_000
"""Longest file."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text_file(path: Path, what: str) -> str:
    """Return the text of a UTF-8 file; a mark at its begin (BOM) is left out.

    Args:
        path: The file.
        what: What it is, for the error: ``the flow``.

    Raises:
        ConfigError: It cannot be read, is longer than 8 MB, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"cannot read {what}: {exc.strerror}", path=str(path)) from exc
    if len(data) > MAX_BYTES:
        raise ConfigError(f"has more than {MAX_BYTES} bytes", path=str(path))
    try:
        return decode_text_file(data)
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        reason = f"cannot read {what}: it is not UTF-8 text{_guess(data)}"
        raise ConfigError(reason, path=str(path), line=line) from exc


def decode_text_file(data: bytes) -> str:
    """Return the text of a file's bytes, with line ends as Python has them.

    Raises:
        UnicodeDecodeError: They are not UTF-8.
    """
    text = data.decode("utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _guess(data: bytes) -> str:
    """Say what other encoding it probably is, and what to do."""
    if data.startswith(_UTF_16) or _is_half_zero(data):
        return "; it looks like UTF-16: save it as UTF-8"
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    n_chinese = sum("\u4e00" <= character <= "\u9fff" for character in text)
    n_foreign = sum(character > "\x7f" for character in text)
    if n_chinese * 2 < n_foreign:
        return ""
    return "; it looks like GBK: save it as UTF-8 (iconv -f GBK -t UTF-8)"


def _is_half_zero(data: bytes) -> bool:
    """Whether it is UTF-16 without a mark: every other byte of plain signs is zero."""
    begin = data[:200]
    return len(begin) > 3 and begin.count(0) * 3 > len(begin)
