"""Numbers of payment cards. Core, no I/O. Source: ISO/IEC 7812-1, annex B (Luhn)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.saying import spell_digits
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.digits import in_groups
from ivr_agi.language.slots.rows import ROW_READER, judge_row, read_row

if TYPE_CHECKING:
    from ivr_agi.language.text import Language

__all__ = ("CardNumber", "has_luhn_digit")

_SHORTEST, _LONGEST = 12, 19
_AMERICAN_EXPRESS = ("34", "37")
_SIXTEEN = ("22", "23", "24", "25", "26", "27", "4", "51", "52", "53", "54", "55")
"""Beginnings of Mastercard and Visa. UnionPay (62) has up to 19 digits."""


def has_luhn_digit(digits: str) -> bool:
    """Tell whether the last digit is the check digit of the others."""
    total = 0
    for at, char in enumerate(reversed(digits)):
        number = int(char) * (1 + at % 2)
        total += number - 9 * (number > 9)
    return total % 10 == 0


@dataclass(frozen=True, kw_only=True)
class CardNumber(Slot[str]):
    """The number of a payment card as ``str`` of 12 to 19 digits. Always secret."""

    reader: ClassVar = ROW_READER
    in_breaths: ClassVar = True
    is_secret: ClassVar = True
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.TOO_SHORT,
        Reason.TOO_LONG,
        Reason.CHECK_DIGIT,
    )

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Read digits as :class:`.Digits` does."""
        return judge_row(read_row(text), self._check)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Read keys."""
        return self._check(keys if keys.isdecimal() and keys.isascii() else "")

    def is_complete(self, keys: str) -> bool:
        """Tell whether all digits of the card's kind are there."""
        return len(keys) >= _length(keys)

    def read_back(self, value: str, language: Language) -> str:
        """Return the digits one by one, in groups of four."""
        return spell_digits(in_groups(value), language)

    def _check(self, digits: str) -> Parsed[str] | Rejected:
        if not digits:
            return Rejected(Reason.NOT_UNDERSTOOD)
        if len(digits) > _LONGEST:
            return Rejected(Reason.TOO_LONG)
        if len(digits) < _SHORTEST:
            return Rejected(Reason.TOO_SHORT)
        if has_luhn_digit(digits):
            return Parsed(digits)
        return Rejected(Reason.TOO_SHORT if len(digits) < _length(digits) else Reason.CHECK_DIGIT)


def _length(digits: str) -> int:
    """Return how many digits a card that begins so has at most."""
    if digits.startswith(_AMERICAN_EXPRESS):
        return 15
    return 16 if digits.startswith(_SIXTEEN) else _LONGEST
