"""Reads text files that people write, and says what an unreadable one looks like. Shell."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError
from ivr_agi.wording import suggest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("MAX_BYTES", "check_plain_file", "decode_text_file", "read_text_file")

MAX_BYTES = 8_000_000
"""Longest file."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def check_plain_file(path: str | os.PathLike[str]) -> None:
    """Refuse what may never end (a device), or never answer (a pipe), before it is read.

    Raises:
        OSError: There is none; it is no plain file; or it is longer than :data:`MAX_BYTES`.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no plain file", os.fspath(path))
    if status.st_size > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MAX_BYTES} bytes", os.fspath(path))


def read_text_file(path: Path, what: str) -> str:
    """Return the text of a UTF-8 file; a mark at its begin (BOM) is left out.

    Args:
        path: The file.
        what: What it is, for the error: ``the flow``.

    Raises:
        ConfigError: It cannot be read, is longer than 8 MB, or is not UTF-8.
    """
    try:
        check_plain_file(path)
        data = path.read_bytes()
    except OSError as exc:
        meant = _meant(path) if isinstance(exc, FileNotFoundError) else ""
        raise ConfigError(f"cannot read {what}: {exc.strerror}{meant}", path=str(path)) from exc
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


def _meant(path: Path) -> str:
    """Name the file that was probably meant."""
    try:
        names = sorted(file.name for file in path.parent.iterdir() if file.is_file())
    except OSError:
        return ""
    close = suggest(path.name, names)
    return f"; {close}" if close.startswith("did") else ""


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
