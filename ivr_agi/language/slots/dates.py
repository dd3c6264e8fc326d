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

from ivr_agi.language.chinese import ZH_DATE_UNITS, ZH_NEAR_DAYS, ZH_WEEKDAYS, ZH_YEARS
from ivr_agi.language.english import EN_DATE_UNITS, EN_MONTHS, EN_NEAR_DAYS, EN_WEEKDAYS
from ivr_agi.language.numerals import digitize
from ivr_agi.language.saying import spell_date
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, check_range
from ivr_agi.language.text import Language, fold

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("Date", "Prefer")


class Prefer(StrEnum):
    """Which date is meant if the year or the month is left out."""

    FUTURE = "future"
    """The next one, including today: an appointment."""
    PAST = "past"
    """The last one, including today: a birthday, a purchase."""


_MONTHS = [name.lower() for name in EN_MONTHS]
_WEEKDAYS = [name.lower() for name in EN_WEEKDAYS]

_WEEKDAY_NUMBERS = dict(zip(f"{ZH_WEEKDAYS}天1234567", (*range(7), 6, *range(7)), strict=True))
_EN_WEEKDAY = "|".join(f"{name}|{name[:3]}" for name in _WEEKDAYS)
_EN_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS) + "|sept"
_EN_DAY = r"(?P<day>\d{1,2})(?:th|st|nd|rd)?"
_EN_COUNT = r"(?P<count>\d+|an?) (?P<unit>day|week|month|year)s?"
_EN_YEAR = r"(?:,? (?:of )?(?P<year>\d{4}|(?:19|20) \d\d))?"


class _NoSuchDate(Exception):
    """The calendar has no such date. Stays in this module, and says nothing."""


class _TwoDates(Exception):
    """Countries read this date differently. Stays in this module, and says nothing."""


@dataclass(frozen=True, kw_only=True)
class Date:
    """A day as ``datetime.date``."""

    today: date
    """The caller's day."""
    prefer: Prefer = Prefer.FUTURE
    earliest: date | None = None
    latest: date | None = None

    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.NO_SUCH_DATE,
        Reason.TOO_EARLY,
        Reason.TOO_LATE,
    )

    def parse(self, text: str) -> Parsed[date] | Rejected:
        """Read 明天, 下周五, 三月五号, "March fifth", "in two weeks", 2026-03-05."""
        try:
            found, weekdays = self._find(_write_out(text))
        except (_NoSuchDate, OverflowError):
            return Rejected(Reason.NO_SUCH_DATE)
        except _TwoDates:
            return Rejected(Reason.AMBIGUOUS)
        if not found:
            found = {self._nearest_weekday(*weekday) for weekday in weekdays}
        if not found:
            return Rejected(Reason.NOT_UNDERSTOOD)
        value = found.pop()
        if found or any(number != value.weekday() for _, number in weekdays):
            return Rejected(Reason.AMBIGUOUS)
        return self._check(value)

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

    def read_back(self, value: date, language: Language) -> str:
        """Return the date in words, with its weekday."""
        return spell_date(value, language)

    def _check(self, value: date) -> Parsed[date] | Rejected:
        return check_range(
            value, self.earliest, self.latest, below=Reason.TOO_EARLY, above=Reason.TOO_LATE
        ) or Parsed(value)

    def _find(self, text: str) -> tuple[set[date], list[tuple[str, int]]]:
        """Return the dates, and the weekdays beside them with a word such as "next"."""
        found: set[date] = set()
        for pattern, read in _FORMS:
            found |= {read(self, match) for match in pattern.finditer(text)}
            text = pattern.sub(" ", text)
        weekdays = [(match[1] or "", int(match[2])) for match in _WEEKDAY.finditer(text)]
        return found, weekdays

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

    def _nearest_weekday(self, which: str, number: int) -> date:
        """Return the day that "next Friday" is: in the week after this one, weeks from Monday."""
        monday = self.today - timedelta(days=self.today.weekday())
        weeks = {"下": 1, "next": 1, "下下": 2, "上": -1, "这": 0, "本": 0}.get(which)
        if weeks is not None:
            return monday + timedelta(weeks=weeks, days=number)
        ahead = (number - self.today.weekday()) % 7
        if which == "last" or (self.prefer is Prefer.PAST and not which):
            back = -number + self.today.weekday()
            return self.today - timedelta(days=back % 7 or (7 if which == "last" else 0))
        return self.today + timedelta(days=ahead)

    def _read_full(self, match: re.Match[str]) -> date:
        return _make(*(int(part) for part in match.groups()))

    def _read_slashes(self, match: re.Match[str]) -> date:
        first, second, year = (int(part) for part in match.groups())
        if first != second and max(first, second) <= 12:
            raise _TwoDates  # 3/5/2026: March or May, by country
        return _make(year, min(first, second), max(first, second))

    def _read_zh(self, match: re.Match[str]) -> date:
        year, relative, month, day = match.groups()
        if year:
            return _make(self._fill_century(int(year)), int(month), int(day))
        if relative:
            return _make(self.today.year + ZH_YEARS[relative], int(month), int(day))
        return self._fill_year(int(month), int(day))

    def _read_in_month(self, match: re.Match[str]) -> date:
        parts = match.groupdict()
        months = {"下下": 2, "下": 1, "next": 1, "上": -1, "last": -1}.get(parts["which"], 0)
        first = _add_months(self.today.replace(day=1), months)
        if not parts.get("day"):
            return first.replace(day=monthrange(first.year, first.month)[1])
        return _make(first.year, first.month, int(parts["day"]))

    def _read_day(self, match: re.Match[str]) -> date:
        return self._fill_month(int(match[1]))

    def _read_en(self, match: re.Match[str]) -> date:
        parts = match.groupdict()
        month = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(parts["month"][:3]))
        if year := parts["year"]:
            return _make(int(year.replace(" ", "")), month, int(parts["day"]))
        return self._fill_year(month, int(parts["day"]))

    def _read_near(self, match: re.Match[str]) -> date:
        return self.today + timedelta(days=_NEAR[match[0]])

    def _read_offset(self, match: re.Match[str]) -> date:
        parts = match.groupdict()
        count = 1 if parts["count"] in {"a", "an"} else int(parts["count"])
        if parts["way"] in {"ago", "before", "前"}:
            count = -count
        match _UNIT[parts["unit"]]:
            case "month":
                return _add_months(self.today, count)
            case "year":
                return _add_months(self.today, 12 * count)
            case days:
                return self.today + timedelta(days=count * int(days))


_NEAR = ZH_NEAR_DAYS | EN_NEAR_DAYS
_UNIT = ZH_DATE_UNITS | EN_DATE_UNITS

_FORMS: tuple[tuple[re.Pattern[str], Callable[[Date, re.Match[str]], date]], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", Date._read_full),
        (r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)", Date._read_full),
        (r"(?<!\d)(\d{1,2})[-/](\d{1,2})[-/](\d{4})(?!\d)", Date._read_slashes),
        (
            r"(?:(?<!\d)(\d{4}|\d\d)年|([今明后去前])年)?的?(?<!\d)(\d{1,2})月份?的?(\d{1,2})(?!\d|个|天)[日号]?",
            Date._read_zh,
        ),
        (r"(?P<which>下下|下|上|这|本)个?月的?(?P<day>\d{1,2})[日号]?", Date._read_in_month),
        (r"(?P<which>下下|下|上|这|本)?个?月底", Date._read_in_month),
        (
            r"(?P<count>\d+)个?(?P<unit>天|日|周|星期|礼拜|月|年)[之以]?(?P<way>后|前)",
            Date._read_offset,
        ),
        (r"(?<!\d)(\d{1,2})[日号]", Date._read_day),
        (
            rf"\b(?P<month>{_EN_MONTH})\b,? (?:the )?{_EN_DAY}\b{_EN_YEAR}(?!\d)",
            Date._read_en,
        ),
        (
            rf"\b{_EN_DAY}(?: day)?(?: of)? (?P<month>{_EN_MONTH})\b{_EN_YEAR}(?!\d)",
            Date._read_en,
        ),
        (
            r"\b(?P<day>\d{1,2})(?:th|st|nd|rd)? of (?P<which>next|this|last) month",
            Date._read_in_month,
        ),
        (r"end of (?P<which>next|this|last|the) month", Date._read_in_month),
        (r"|".join(sorted(_NEAR, key=len, reverse=True)), Date._read_near),
        (
            rf"\b{_EN_COUNT} (?P<way>ago|before|from now|from today|later)",
            Date._read_offset,
        ),
        (
            rf"\b(?P<way>in|after) {_EN_COUNT}",
            Date._read_offset,
        ),
        (r"\b(?:the )?(\d{1,2})(?:th|st|nd|rd)\b", Date._read_day),
    )
)
"""Forms of digitized text. Each is tried on what the forms before it left over."""

_WEEKDAY = re.compile(r"(?:(下下|下|上|这|本|next|last|this|coming) ?)?<(\d)>")


def _write_out(text: str) -> str:
    """Return the text with numbers in digits and weekdays as ``<0>`` (Monday) to ``<6>``.

    Weekdays go first: 周五三月 must not become the number 53.
    """
    text = re.sub(
        r"个?(?:周|星期|礼拜)([一二三四五六日天1-7])(?!个|天|周|月后|年)",
        lambda match: f" <{_WEEKDAY_NUMBERS[match[1]]}> ",
        fold(text),
    )
    text = re.sub(
        rf"\b({_EN_WEEKDAY})\b",
        lambda match: f"<{[name[:3] for name in _WEEKDAYS].index(match[1][:3])}>",
        text,
    )
    text = re.sub(r"next week(?: on)? (<\d>)|(<\d>)(?: of)? next week", r"next \1\2", text)
    text = re.sub(r"(?<=[a-z]), (?=\w)|(?<=\d), (?=\d)", " ", text)
    written = digitize(re.sub(r"(下下|下|上|这|本) <", r"\1<", text))
    return re.sub(r"\boh? (\d)\b", r"0\1", written)


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
