"""Dates: said in full, in part, or by their distance from today. Core, no I/O.

Today is an argument, never read from a clock. ``prefer`` fills in what the caller leaves out (the
year, the month). A weekday beside a date has to fit it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.saying import spell_date
from ivr_agi.language.sentence import AROUND, SentenceReader, understand
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot, check_range, decide

if TYPE_CHECKING:
    from ivr_agi.language.meanings import Day
    from ivr_agi.language.text import Language

__all__ = ("Date", "Prefer")


class Prefer(StrEnum):
    """Which date is meant if the year or the month is left out."""

    FUTURE = "future"
    """The next one, including today: an appointment."""
    PAST = "past"
    """The last one, including today: a birthday, a purchase."""


_READER = SentenceReader(("date",), (*AROUND, "half", "date_filler", "date_void"))


class _NoSuchDate(Exception):
    """The calendar has no such date. Stays in this module, and says nothing."""


class _TwoDates(Exception):
    """Countries read this date differently. Stays in this module, and says nothing."""


@dataclass(frozen=True, kw_only=True)
class Date(Slot[date]):
    """A day as ``datetime.date``."""

    today: date
    """The caller's day."""
    prefer: Prefer = Prefer.FUTURE
    earliest: date | None = None
    latest: date | None = None

    reader: ClassVar = _READER
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.NO_SUCH_DATE,
        Reason.TOO_EARLY,
        Reason.TOO_LATE,
    )

    def parse(self, text: str) -> Parsed[date] | Rejected:
        """Read 明天, 下周五, 三月五号, "March fifth", "in two weeks", 2026-03-05."""
        return decide(understand(_READER.read(text), _READER.values), self._take)

    def parse_keys(self, keys: str) -> Parsed[date] | Rejected:
        """Read year, month, day (``20260305``) or month and day (``0305``)."""
        if not re.fullmatch(r"[0-9]{4}|[0-9]{8}", keys):
            return Rejected(Reason.NOT_UNDERSTOOD)
        try:
            if len(keys) == 8:
                return self._check(_make(int(keys[:4]), int(keys[4:6]), int(keys[6:])))
            return self._check(self._fill_year(int(keys[:2]), int(keys[2:])))
        except _NoSuchDate:
            return Rejected(Reason.NO_SUCH_DATE)

    def is_complete(self, keys: str) -> bool:
        """Tell whether year, month and day are there."""
        return len(keys) >= 8

    def read_back(self, value: date, language: Language) -> str:
        """Return the date in words, with its weekday."""
        return spell_date(value, language)

    def _check(self, value: date) -> Parsed[date] | Rejected:
        return check_range(
            value, self.earliest, self.latest, below=Reason.TOO_EARLY, above=Reason.TOO_LATE
        ) or Parsed(value)

    def _take(self, day: Day) -> Parsed[date] | Rejected:
        try:
            value = self._resolve(day)
        except (_NoSuchDate, OverflowError):
            return Rejected(Reason.NO_SUCH_DATE)
        except _TwoDates:
            return Rejected(Reason.AMBIGUOUS)
        if day.form == "date" and day.weekday not in {None, value.weekday()}:
            return Rejected(Reason.AMBIGUOUS)
        return self._check(value)

    def _resolve(self, day: Day) -> date:
        match day.form:
            case "date":
                return self._calendar_day(day)
            case "slashes":
                return self._read_slashes(day)
            case "near":
                return self.today + timedelta(days=day.day or 0)
            case "weekday":
                return self._nearest_weekday(day.which, day.weekday or 0)
            case "ahead":
                base = self.today if day.base is None else self._resolve(day.base)
                return _ahead(base, day.day or 0, day.unit or "day")
            case "same":
                year = self._year(day.year)
                return _make(year, self.today.month, self.today.day)
            case "nth":
                return self._nth_weekday(day)
        first = self._first_of(day.month)
        if day.form == "end":
            return first.replace(day=monthrange(first.year, first.month)[1])
        return first

    def _calendar_day(self, day: Day) -> date:
        number = day.day or 0
        if isinstance(day.month, str):
            first = self._first_of(day.month)
            return _make(first.year, first.month, number)
        if day.month is None:
            return self._fill_month(number)
        if day.year is None:
            return self._fill_year(day.month, number)
        return _make(self._year(day.year), day.month, number)

    def _year(self, year: int | str | None) -> int:
        """Return the year that ``c84`` (of a century) or ``+1`` (from this one) is."""
        if isinstance(year, str):
            if year[0] == "c":
                return self._fill_century(int(year[1:]))
            return self.today.year + int(year)
        return self.today.year if year is None else year

    def _first_of(self, month: int | str | None) -> date:
        """Return the first day of a month, or of the month so many months from this one."""
        first = self.today.replace(day=1)
        if isinstance(month, str) or month is None:
            return _add_months(first, int(month or 0))
        if not 1 <= month <= 12:
            raise _NoSuchDate
        step = 1 if self.prefer is Prefer.FUTURE else -1
        year = first.year + step * ((month - first.month) * step < 0)
        return first.replace(year=year, month=month)

    def _nth_weekday(self, day: Day) -> date:
        first = self._first_of(day.month)
        ahead = ((day.weekday or 0) - first.weekday()) % 7 + 7 * ((day.day or 1) - 1)
        value = first + timedelta(days=ahead)
        if value.month != first.month:
            raise _NoSuchDate
        return value

    def _fill_year(self, month: int, day: int) -> date:
        """Return the next or last such day. 29 February may be eight years away."""
        step = 1 if self.prefer is Prefer.FUTURE else -1
        for year in range(self.today.year, self.today.year + 9 * step, step):
            if not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
                continue
            value = date(year, month, day)
            if (value - self.today).days * step >= 0:
                return value
        raise _NoSuchDate

    def _fill_month(self, day: int) -> date:
        step = 1 if self.prefer is Prefer.FUTURE else -1
        for months in range(0, 3 * step, step):
            first = _add_months(self.today.replace(day=1), months)
            if 1 <= day <= monthrange(first.year, first.month)[1]:
                value = first.replace(day=day)
                if (value - self.today).days * step >= 0:
                    return value
        raise _NoSuchDate

    def _fill_century(self, year: int) -> int:
        if year > 99:
            return year
        year += self.today.year // 100 * 100
        return year - 100 if self.prefer is Prefer.PAST and year > self.today.year else year

    def _nearest_weekday(self, which: str | None, number: int) -> date:
        """Return the day that "next Friday" is: in the week after this one, weeks from Monday."""
        monday = self.today - timedelta(days=self.today.weekday())
        if which in _WEEKS:
            return monday + timedelta(weeks=_WEEKS[which], days=number)
        ahead = (number - self.today.weekday()) % 7
        if which == "last" or (self.prefer is Prefer.PAST and not which):
            back = self.today.weekday() - number
            return self.today - timedelta(days=back % 7 or (7 if which == "last" else 0))
        return self.today + timedelta(days=ahead)

    def _read_slashes(self, day: Day) -> date:
        """Read 3/5/2026. It is March or May, by country."""
        first, second = int(day.month or 0), day.day or 0
        if first != second and max(first, second) <= 12:
            raise _TwoDates
        month, number = min(first, second), max(first, second)
        if day.year is None:
            return self._fill_year(month, number)
        return _make(self._year(day.year), month, number)


_WEEKS = {
    "next": 1,
    "next2": 2,
    "last2": -1,
    "last3": -2,
    "this2": 0,
    "lastweek": -1,
    "thisweek": 0,
}


def _ahead(base: date, count: int, unit: str) -> date:
    match unit:
        case "month":
            return _add_months(base, count)
        case "year":
            return _add_months(base, 12 * count)
        case _:
            return base + timedelta(days=count * {"week": 7, "fortnight": 14}.get(unit, 1))


def _make(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise _NoSuchDate from None


def _add_months(value: date, months: int) -> date:
    """Return the day so many months later, or the last day of that month if it is shorter."""
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise _NoSuchDate
    return date(year, month + 1, min(value.day, monthrange(year, month + 1)[1]))
