"""A month of a year: when a card expires. Core, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.saying import spell_month
from ivr_agi.language.sentence import AROUND, SentenceReader, understand
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot, check_range, decide

if TYPE_CHECKING:
    from ivr_agi.language.meanings import Day
    from ivr_agi.language.text import Language

__all__ = ("MonthYear",)

_READER = SentenceReader(("month_year",), (*AROUND, "month_year_filler"))


@dataclass(frozen=True, kw_only=True)
class MonthYear(Slot[str]):
    """A month as ``str``, ``2029-04``."""

    today: date
    """For "next year", and the century of two digits."""
    earliest: str | None = None
    latest: str | None = None

    reader: ClassVar = _READER
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.NO_SUCH_DATE,
        Reason.TOO_EARLY,
        Reason.TOO_LATE,
    )

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Read "April twenty nine", "oh four twenty nine", 04/29, 二零二九年四月."""
        return decide(understand(_READER.read(text), _READER.values), self._take)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Read month and year as on a card: ``0429``, or ``042029``."""
        if not re.fullmatch(r"[0-9]{4}|[0-9]{6}", keys):
            return Rejected(Reason.NOT_UNDERSTOOD)
        year = int(keys[2:])
        return self._check(int(keys[:2]), year if year > 99 else self._century(year))

    def is_complete(self, keys: str) -> bool:
        """Tell whether month and year are there; after 0420 two more digits may come."""
        return len(keys) >= 6 or (len(keys) >= 4 and keys[2:4] != "20")

    def read_back(self, value: str, language: Language) -> str:
        """Return month and year in words."""
        return spell_month(date.fromisoformat(f"{value}-01"), language)

    def _take(self, day: Day) -> Parsed[str] | Rejected:
        year = day.year
        if isinstance(year, str):
            is_short = year[0] == "c"
            year = self._century(int(year[1:])) if is_short else self.today.year + int(year)
        return self._check(int(day.month or 0), year or 0)

    def _century(self, year: int) -> int:
        return year if year > 99 else self.today.year // 100 * 100 + year

    def _check(self, month: int, year: int) -> Parsed[str] | Rejected:
        if not 1 <= month <= 12 or not 1900 <= year <= 2199:
            return Rejected(Reason.NO_SUCH_DATE)
        value = f"{year:04}-{month:02}"
        return check_range(
            value, self.earliest, self.latest, below=Reason.TOO_EARLY, above=Reason.TOO_LATE
        ) or Parsed(value)
