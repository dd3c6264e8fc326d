"""Amounts of money in one currency. Core, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.chinese import ZH_CURRENCY_NAMES, ZH_HUNDREDTH_NAMES, ZH_TENTH_NAMES
from ivr_agi.language.english import EN_CURRENCY_NAMES, EN_HUNDREDTH_NAMES
from ivr_agi.language.numerals import digitize
from ivr_agi.language.saying import CURRENCIES, MOST, spell_money
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, check_range
from ivr_agi.language.slots.numbers import MINUS, VAGUE, Number, find_numbers, read_keyed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_agi.language.text import Language

__all__ = ("Money",)


def _names(code: str, *lists: Mapping[str, str]) -> list[str]:
    names = "|".join(names[code] for names in lists if code in names)
    return names.replace("$", r"\$").split("|")


_CODES = ("HKD", "JPY", "USD", "EUR", "GBP", "CNY")
"""Currencies. Those whose names contain another currency's name come first."""
_PATTERNS = {
    code: re.compile(
        "|".join(
            rf"(?<![a-z]){name}(?![a-z])" if name.isascii() and name[0].isalpha() else name
            for name in _names(code, ZH_CURRENCY_NAMES, EN_CURRENCY_NAMES)
        )
    )
    for code in _CODES
}
_CENTS = {code: "|".join(_names(code, EN_HUNDREDTH_NAMES, ZH_HUNDREDTH_NAMES)) for code in _CODES}
_AMOUNT = r"(\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"


@dataclass(frozen=True, kw_only=True)
class Money:
    """An amount of money as ``Decimal``, in one currency."""

    currency: str = "CNY"
    """CNY, USD, EUR, GBP, HKD or JPY."""
    minimum: Decimal | None = Decimal("0.01")
    maximum: Decimal | None = None

    reasons: ClassVar = (*Number.reasons, Reason.OTHER_CURRENCY)

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise ValueError(f"currency is one of {', '.join(CURRENCIES)}")

    def parse(self, text: str) -> Parsed[Decimal] | Rejected:
        """Read 一百二十五块五, "twelve dollars and fifty cents", 3.5万. A bare number counts units.

        "Twelve fifty" may be two amounts, so it is ambiguous.
        """
        written = digitize(text)
        numbers = find_numbers(written)
        if not numbers:
            return Rejected(Reason.NOT_UNDERSTOOD)
        if self._is_other_currency(written):
            return Rejected(Reason.OTHER_CURRENCY)
        if any(len(number.partition(".")[0]) > 12 for number in numbers):
            return Rejected(Reason.TOO_LARGE)
        value = self._read_units(written)
        if value is None:
            if len(numbers) > 1:
                return Rejected(Reason.AMBIGUOUS)
            value = Decimal(numbers[0])
        sign = -1 if MINUS.search(written) else 1
        return self._check(sign * value, is_sure=not VAGUE.search(written))

    def parse_keys(self, keys: str) -> Parsed[Decimal] | Rejected:
        """Read keys. ``*`` is the decimal point."""
        value = read_keyed(keys)
        return Rejected(Reason.NOT_UNDERSTOOD) if value is None else self._check(value)

    def read_back(self, value: Decimal, language: Language) -> str:
        """Return the amount in words: 十二元五角, "twelve dollars and fifty cents"."""
        return spell_money(value, self.currency, language)

    def _is_other_currency(self, written: str) -> bool:
        named = set()
        for currency, pattern in _PATTERNS.items():
            if pattern.search(written):
                named.add(currency)
                written = pattern.sub(" ", written)
        return bool(named) and named != {self.currency}

    def _read_units(self, written: str) -> Decimal | None:
        units, cents = f"{_PATTERNS[self.currency].pattern}|块", _CENTS[self.currency]
        whole = re.search(rf"{_AMOUNT}\s*(?:{units})|(?:{units})\s*{_AMOUNT}", written)
        total, rest = Decimal(0), written
        if whole:
            total = Decimal((whole[1] or whole[2]).replace(",", ""))
            rest = written[whole.end() :]
        tenth = (
            re.search(rf"(\d+)\s*(?:{ZH_TENTH_NAMES})", rest) if self.currency == "CNY" else None
        )
        if tenth:
            total += Decimal(tenth[1]) / 10
            rest = rest[tenth.end() :]
        cent = re.search(rf"(\d+)\s*(?:{cents})(?![a-z])", rest)
        if cent:
            total += Decimal(cent[1]) / 100
            rest = rest[cent.end() :]
        if not (whole or tenth or cent):
            return None
        loose = re.match(r"(?:钱|\s|and|零)*(\d+)", rest)
        if loose and not cent:
            total += _loose_cents(loose[1], after_tenth=bool(tenth))
        return total

    def _check(self, value: Decimal, *, is_sure: bool = True) -> Parsed[Decimal] | Rejected:
        cent = Decimal(1) if self.currency == "JPY" else Decimal("0.01")
        if value != value.quantize(cent):
            return Rejected(Reason.NOT_WHOLE)
        high = MOST - 1 if self.maximum is None else self.maximum
        return check_range(
            value, self.minimum, high, below=Reason.TOO_SMALL, above=Reason.TOO_LARGE
        ) or Parsed(value.quantize(cent), is_sure)


def _loose_cents(digits: str, *, after_tenth: bool) -> Decimal:
    """Return what a number without unit adds to an amount: 两块五, "two dollars fifty"."""
    if after_tenth:
        return Decimal(digits) / 100
    return Decimal(digits) / (10 if len(digits) == 1 else 100)
