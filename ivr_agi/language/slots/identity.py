"""Chinese identity card numbers. Core, no I/O.

Source: GB 11643-1999; ISO 7064 MOD 11-2. Numbers of 15 digits (GB 11643-1989) have no check digit,
and two digits for the year; their owners were born in the last century.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from ivr_agi.language.chinese import ZH_DIGITS
from ivr_agi.language.saying import spell_digits
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.rows import ROW_READER, judge_row, read_row
from ivr_agi.language.text import Language, fold

__all__ = ("IdCard", "check_character")

_LENGTH = 18
_OLD_LENGTH = 15
_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 "
    "61 62 63 64 65 71 81 82 83 91".split()
)
_DATE_UNIT = re.compile(f"(?<=[{''.join(ZH_DIGITS)}十0-9])[年月日号]")
"""Some say the birthday in it as a date."""


def check_character(digits: str) -> str:
    """Return the check character of 17 digits: ``0`` to ``9`` or ``X``."""
    total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(digits))
    return "10X98765432"[total % 11]


@dataclass(frozen=True, kw_only=True)
class IdCard(Slot[str]):
    """An identity card number as ``str``: 18 characters, ``X`` in upper case, or 15 digits."""

    today: date | None = None
    """Nobody with a card is born later."""

    reader: ClassVar = ROW_READER
    in_breaths: ClassVar = True
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.TOO_SHORT,
        Reason.TOO_LONG,
        Reason.NOT_IN_USE,
        Reason.NO_SUCH_DATE,
        Reason.CHECK_DIGIT,
    )

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Read digits and a final X (also 叉).

        The caller is asked about 15 digits: no check digit says whether all were heard.
        """
        row = read_row(_DATE_UNIT.sub(" ", fold(text)), signs="x")
        result = judge_row(row, lambda digits: self._check(digits.upper()))
        if isinstance(result, Parsed) and len(result.value) == _OLD_LENGTH:
            return Parsed(result.value, is_sure=False)
        return result

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Read keys; ``*`` is X."""
        return self._check(keys.replace("*", "X"))

    def is_complete(self, keys: str) -> bool:
        """Tell whether all 18 are there."""
        return len(keys) >= _LENGTH

    def read_back(self, value: str, language: Language) -> str:
        """Return region, birthday and the rest character by character."""
        return spell_digits(" ".join(_parts(value)), language)

    def _check(self, number: str) -> Parsed[str] | Rejected:
        if not number.strip("X"):
            return Rejected(Reason.NOT_UNDERSTOOD)
        if len(number) == _OLD_LENGTH and number.isdigit() and number[6:8] not in {"19", "20"}:
            return self._check_owner(number, f"19{number[6:12]}")
        if len(number) != _LENGTH:
            return Rejected(Reason.TOO_SHORT if len(number) < _LENGTH else Reason.TOO_LONG)
        if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
            return Rejected(Reason.CHECK_DIGIT)
        if check_character(number[:17]) != number[17]:
            return Rejected(Reason.CHECK_DIGIT)
        return self._check_owner(number, number[6:14])

    def _check_owner(self, number: str, birthday: str) -> Parsed[str] | Rejected:
        if number[:2] not in _PROVINCES:
            return Rejected(Reason.NOT_IN_USE)
        try:
            born = date(int(birthday[:4]), int(birthday[4:6]), int(birthday[6:]))
        except ValueError:
            is_begun = len(number) == _OLD_LENGTH  # perhaps the beginning of a longer number
            return Rejected(Reason.TOO_SHORT if is_begun else Reason.NO_SUCH_DATE)
        is_possible = born.year >= 1850 and (self.today is None or born <= self.today)
        return Parsed(number) if is_possible else Rejected(Reason.NO_SUCH_DATE)


def _parts(number: str) -> tuple[str, ...]:
    """Return region, birthday and the rest."""
    if len(number) == _OLD_LENGTH:
        return number[:6], number[6:12], number[12:]
    return number[:6], number[6:10], number[10:14], number[14:]
