"""How ``run_agi()`` reads commands: C stdio, with its trap. No I/O.

Asterisk polls the pipe but reads it through a ``FILE``: one ``fgets()`` moves everything
in the pipe into the FILE's buffer. A second line from the same write is then in the buffer, where
``poll()`` does not see it: it does not stop a prompt, and is not read until another byte arrives in
the pipe. Source: ``res_agi.c`` ``run_agi()``; measured in ``asterisk.md`` 1.
"""

from __future__ import annotations

import re

__all__ = ("StdioReader", "parse_arguments")

_STDIO_BYTES = 4096
"""Buffer of a glibc FILE on a pipe, in bytes: the most that one read takes out of it."""
_PLAIN_WORD = re.compile(r'("[^"\\]*")|([^ \t"\\]+)')
_PLAIN_LINE = re.compile(r'[ \t]*(?:(?:"[^"\\]*"|[^ \t"\\]+)(?:[ \t]+|$))*')
_LINE_BYTES = 2047
"""``AGI_BUF_LEN`` less the final NUL: a longer line is read as two commands."""


class StdioReader:
    """A pipe and the FILE that reads it, fed with what the script writes."""

    def __init__(self) -> None:
        self._pipe = bytearray()
        self._buffer = bytearray()
        self._pipe_ended = False

    def feed(self, data: bytes) -> None:
        """The script wrote ``data``."""
        self._pipe += data

    def feed_eof(self) -> None:
        """The script closed its end."""
        self._pipe_ended = True

    @property
    def is_readable(self) -> bool:
        """The answer of ``poll()``: bytes in the pipe, or its end. The buffer does not count."""
        return bool(self._pipe) or self._pipe_ended

    def read_line(self) -> bytes | None:
        """Read as ``fgets()`` does: a line, ``b""`` at the end, None if it would block."""
        while (length := self._line_length()) is None:
            if self._pipe:
                self._buffer += self._pipe[:_STDIO_BYTES]
                del self._pipe[:_STDIO_BYTES]
            elif self._pipe_ended:
                length = len(self._buffer)
                break
            else:
                return None
        line = bytes(self._buffer[:length])
        del self._buffer[:length]
        return line

    def _line_length(self) -> int | None:
        end = self._buffer.find(b"\n", 0, _LINE_BYTES) + 1
        if end:
            return end
        return _LINE_BYTES if len(self._buffer) >= _LINE_BYTES else None


def parse_arguments(line: str) -> list[str]:
    r"""Split a command line into words as Asterisk does.

    ``"`` opens and closes a quoted part anywhere in a word, ``\`` takes the next character as it
    is, blanks and tabs separate words. Source: ``res_agi.c`` ``parse_args()``.
    """
    if _PLAIN_LINE.fullmatch(
        line
    ):  # nearly every line; character by character is ten times as slow
        return [quoted[1:-1] if quoted else word for quoted, word in _PLAIN_WORD.findall(line)]
    words: list[str] = []
    quoted = escaped = False
    between_words = True
    for char in line:
        if char == '"' and not escaped:
            quoted = not quoted
            if quoted and between_words:
                words.append("")
                between_words = False
        elif char in " \t" and not quoted and not escaped:
            between_words = True
        elif char == "\\" and not escaped:
            escaped = True
            continue
        else:
            if between_words:
                words.append("")
                between_words = False
            words[-1] += char
        escaped = False
    return words
