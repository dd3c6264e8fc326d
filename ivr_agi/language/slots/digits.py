"""Digits: an account number, a PIN, a code. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.saying import spell_digits
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.rows import ROW_READER, judge_row, read_row

if TYPE_CHECKING:
    from ivr_agi.language.text import Language

__all__ = ("Digits", "in_groups")


@dataclass(frozen=True, kw_only=True)
class Digits(Slot[str]):
    """A row of digits as ``str``. Leading zeros count."""

    min_length: int = 1
    max_length: int = 32
    """Equal to ``min_length`` for an exact length."""

    reader: ClassVar = ROW_READER
    in_breaths: ClassVar = True
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.TOO_SHORT,
        Reason.TOO_LONG,
    )

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Read digits, pairs, "double five", 幺 and 两. Words left over make them doubtful."""
        return judge_row(read_row(text), self._check)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Read keys. ``*`` and ``#`` are not digits."""
        return self._check(keys if keys.isdecimal() and keys.isascii() else "")

    def is_complete(self, keys: str) -> bool:
        """Tell whether there are as many as there may be."""
        return len(keys) >= self.max_length

    def read_back(self, value: str, language: Language) -> str:
        """Return the digits one by one, in groups of three or four with a pause between."""
        return spell_digits(in_groups(value), language)

    def _check(self, digits: str) -> Parsed[str] | Rejected:
        if not digits:
            return Rejected(Reason.NOT_UNDERSTOOD)
        if len(digits) < self.min_length:
            return Rejected(Reason.TOO_SHORT)
        if len(digits) > self.max_length:
            return Rejected(Reason.TOO_LONG)
        return Parsed(digits)


def in_groups(value: str) -> str:
    """Put blanks between groups of three or four, the longer ones last: ``138 1234 5678``."""
    count = -(-len(value) // 4)
    ends = [len(value) * n // count for n in range(count + 1)] if count else []
    return " ".join(value[start:end] for start, end in zip(ends, ends[1:], strict=False))
