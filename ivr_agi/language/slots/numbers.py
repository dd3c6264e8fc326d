"""A number, whole or with a fraction. Core, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.chinese import ZH_VAGUE
from ivr_agi.language.english import EN_VAGUE
from ivr_agi.language.numerals import digitize
from ivr_agi.language.saying import MOST, spell_number
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, check_range

if TYPE_CHECKING:
    from ivr_agi.language.text import Language

__all__ = ("MINUS", "VAGUE", "Number", "find_numbers", "read_keyed")

MINUS = re.compile(r"(?:负|[零0]下|minus|negative|-)\s*(?=\d)")
"""Before a negative number, in digitized text."""
VAGUE = re.compile(rf"{'|'.join(ZH_VAGUE)}|\b(?:{'|'.join(EN_VAGUE)})\b")
"""Words that make a number approximate. It is read back before it is used."""
_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


def read_keyed(keys: str) -> Decimal | None:
    """Return the number that keys mean, with ``*`` as the decimal point, or None."""
    if not re.fullmatch(r"[0-9]{1,12}(?:\*[0-9]{1,6})?", keys):
        return None
    return Decimal(keys.replace("*", "."))


def find_numbers(text: str) -> list[str]:
    """Return the numbers of a digitized text, without their commas."""
    return [number.replace(",", "") for number in _NUMBER.findall(text)]


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number as ``Decimal``."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    is_whole: bool = True

    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.NOT_WHOLE,
        Reason.TOO_SMALL,
        Reason.TOO_LARGE,
    )

    def parse(self, text: str) -> Parsed[Decimal] | Rejected:
        """Read one number in words or digits. Single digits in a row are one number."""
        written = digitize(text)
        numbers = find_numbers(written)
        if not numbers:
            return Rejected(Reason.NOT_UNDERSTOOD)
        if len(numbers) > 1:
            if not all(re.fullmatch(r"\d", number) for number in numbers):
                return Rejected(Reason.AMBIGUOUS)
            numbers = ["".join(numbers)]
        if len(numbers[0].partition(".")[0]) > 12:
            return Rejected(Reason.TOO_LARGE)
        sign = -1 if MINUS.search(written) else 1
        return self._check(sign * Decimal(numbers[0]), is_sure=not VAGUE.search(written))

    def parse_keys(self, keys: str) -> Parsed[Decimal] | Rejected:
        """Read keys. ``*`` is the decimal point."""
        value = read_keyed(keys)
        return Rejected(Reason.NOT_UNDERSTOOD) if value is None else self._check(value)

    def read_back(self, value: Decimal, language: Language) -> str:
        """Return the number in words."""
        return spell_number(value, language)

    def _check(self, value: Decimal, *, is_sure: bool = True) -> Parsed[Decimal] | Rejected:
        value = value.normalize() + 0
        if self.is_whole and value != value.to_integral_value():
            return Rejected(Reason.NOT_WHOLE)
        high = MOST - 1 if self.maximum is None else self.maximum
        return check_range(
            value, self.minimum, high, below=Reason.TOO_SMALL, above=Reason.TOO_LARGE
        ) or Parsed(
            value.quantize(Decimal(1)) if value == value.to_integral_value() else value, is_sure
        )
