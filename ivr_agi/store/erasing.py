"""Takes a number out of text, and keeps the text's length. Core, no I/O.

Files are changed in place, while others append to them: what is behind stays where it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.journal.event import Event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ("NumberPattern", "bare_number", "changes_of", "erased_line")

ERASED = msgspec.json.encode(Event(at_s=0, event="erased"))


def bare_number(number: str) -> str:
    """Return a number without what people write between digits."""
    return re.sub(r"[\s().\-/]", "", number)


class NumberPattern:
    """Finds a number in text, however its digits are grouped.

    Args:
        number: At least three digits; shorter ones are in everything.

    Raises:
        ValueError: It is shorter.
    """

    def __init__(self, number: str) -> None:
        self.number = bare_number(number)
        if len(re.sub(r"\D", "", self.number)) < 3:
            raise ValueError("a number has at least three digits")
        marks = r"[\s.\-/()]{0,2}".join(re.escape(mark) for mark in self.number)
        self._text = re.compile(rf"(?<![0-9]){marks}(?![0-9])")
        self._bytes = re.compile(rb"(?<![0-9])" + marks.encode() + rb"(?![0-9])")

    def is_in(self, text: str) -> bool:
        """Return whether the number is in a text."""
        return self._text.search(text) is not None

    def mask(self, text: str) -> str:
        """Return a text with each digit of the number as an ``x``."""
        return self._text.sub(lambda found: re.sub(r"\w", "x", found[0]), text)

    def is_in_bytes(self, text: bytes) -> bool:
        """Return whether the number is in text of a file."""
        return self._bytes.search(text) is not None

    def mask_bytes(self, text: bytes) -> bytes:
        """Return the text of a file with each digit of the number as an ``x``."""
        return self._bytes.sub(lambda found: re.sub(rb"\w", b"x", found[0]), text)


def erased_line(line: bytes) -> bytes:
    """Return a line of the same length that says only that something was erased."""
    return ERASED.ljust(len(line)) if len(line) >= len(ERASED) else b" " * len(line)


def changes_of(
    text: bytes, start: int, pattern: NumberPattern, unique_ids: Collection[str]
) -> Iterator[tuple[int, bytes]]:
    """Return what is to be written over the lines of a journal, and where.

    Args:
        text: Whole lines.
        start: Where they begin in their file.
        pattern: The number.
        unique_ids: Calls of which nothing is to be left.
    """
    marks = [b'"call":' + msgspec.json.encode(name) for name in unique_ids]
    for line in text.split(b"\n"):
        if any(mark in line for mark in marks):
            yield start, erased_line(line)
        elif pattern.is_in_bytes(line):
            yield start, pattern.mask_bytes(line)
        start += len(line) + 1
