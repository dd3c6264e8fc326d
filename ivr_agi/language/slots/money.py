"""Amounts of money in one currency. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.saying import CURRENCIES, MOST, spell_money
from ivr_agi.language.sentence import AROUND, SentenceReader, understand
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot, check_range, decide
from ivr_agi.language.slots.numbers import Number, read_keyed

if TYPE_CHECKING:
    from ivr_agi.language.meanings import Amount
    from ivr_agi.language.text import Language

__all__ = ("Money",)


_READER = SentenceReader(("money",), (*AROUND, "money_filler", "money_void"))


@dataclass(frozen=True, kw_only=True)
class Money(Slot[Decimal]):
    """An amount of money as ``Decimal``, in one currency."""

    currency: str = "CNY"
    """CNY, USD, EUR, GBP, HKD or JPY."""
    minimum: Decimal | None = Decimal("0.01")
    maximum: Decimal | None = None

    reader: ClassVar = _READER
    reasons: ClassVar = (*Number.reasons, Reason.OTHER_CURRENCY)

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise ValueError(f"currency is one of {', '.join(CURRENCIES)}")

    def parse(self, text: str) -> Parsed[Decimal] | Rejected:
        """Read 一百二十五块五, "twelve dollars and fifty cents", 3.5万. A bare number counts units.

        "Twelve fifty" may be two amounts, so it is ambiguous.
        """
        return decide(understand(_READER.read(text), _READER.values), self._take)

    def parse_keys(self, keys: str) -> Parsed[Decimal] | Rejected:
        """Read keys. ``*`` is the decimal point."""
        value = read_keyed(keys)
        return Rejected(Reason.NOT_UNDERSTOOD) if value is None else self._check(value)

    def read_back(self, value: Decimal, language: Language) -> str:
        """Return the amount in words: 十二元五角, "twelve dollars and fifty cents"."""
        return spell_money(value, self.currency, language)

    def _take(self, amount: Amount) -> Parsed[Decimal] | Rejected:
        if amount.currency not in {None, self.currency}:
            return Rejected(Reason.OTHER_CURRENCY)
        if abs(amount.value) >= MOST:
            return Rejected(Reason.TOO_LARGE if amount.value > 0 else Reason.TOO_SMALL)
        return self._check(amount.value)

    def _check(self, value: Decimal) -> Parsed[Decimal] | Rejected:
        cent = Decimal(1) if self.currency == "JPY" else Decimal("0.01")
        if value != value.quantize(cent):
            return Rejected(Reason.NOT_WHOLE)
        high = MOST - 1 if self.maximum is None else self.maximum
        return check_range(
            value, self.minimum, high, below=Reason.TOO_SMALL, above=Reason.TOO_LARGE
        ) or Parsed(value.quantize(cent))
