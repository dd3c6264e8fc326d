"""What rules mean: the functions that rules name after ``->``. Core, no I/O.

Each takes the meanings of a pattern's parts (None for a part left out), and returns the whole's, or
NotImplemented if the parts do not go together.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("MEANINGS", "Amount", "Clock", "Day")


class Amount(NamedTuple):
    """An amount of money as it was said."""

    value: Decimal
    currency: str | None
    """None: none was named. ``OTHER``: one that no flow can ask for."""


class Day(NamedTuple):
    """A day as it was said; the slot knows today."""

    form: str
    """``date``, ``near``, ``weekday``, ``ahead``, ``end``, ``start``, ``nth``."""
    year: int | str | None = None
    """A year, or how many years from this one (``+1``)."""
    month: int | str | None = None
    """A month, or how many months from this one (``+1``)."""
    day: int | None = None
    unit: str | None = None
    weekday: int | None = None
    which: str | None = None
    """``next``, ``last``, ``this``, ``next2``."""
    base: Any = None
    """The day it is counted from."""


class Clock(NamedTuple):
    """A time of day as it was said."""

    hour: int
    minute: int
    half: str | None
    """``am``, ``pm``, ``noon``, ``night``."""
    is_written: bool = False
    """With a zero, or over twelve: on the clock of 24 hours."""


def _constant(value: Any) -> Any:
    return value


def _number(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value)


def _year_of_century(year: Any) -> Any:
    """A year of two digits; the slot knows the century."""
    return f"c{int(year)}"


def _year_in_century(tens: Any, ones: Any) -> Any:
    return f"c{tens}{ones}"


def _row_of_tens(tens: Any, ones: Any = 0) -> Any:
    return f"{(1 if tens is None else tens) * 10 + ones}"


def _row_of_hundreds(hundreds: Any, tens: Any, ones: Any) -> Any:
    return f"{hundreds}{tens}{ones or 0}"


def _sum(*parts: Any) -> Any:
    return sum((_number(part) for part in parts if part is not None), Decimal(0))


def _times(one: Any, other: Any) -> Any:
    return _number(1 if one is None else one) * _number(other)


def _point(whole: Any, digits: Any, factor: Any = 1) -> Any:
    number = _number(whole)
    if number != int(number):
        return NotImplemented
    return Decimal(f"{int(number)}.{digits}") * factor


def _join(*parts: Any) -> str:
    return "".join(str(part) for part in parts if part is not None)


def _repeat(count: Any, digit: Any) -> str:
    return str(digit) * int(count)


def _scale(high: Any, size: Any, rest: Any = None) -> Any:
    """So many hundreds, thousands, ... and a smaller rest."""
    rest = _number(rest or 0)
    return _number(high) * size + rest if rest < size else NotImplemented


def _whole_row(value: Any) -> Any:
    number = _number(value)
    return str(int(number)) if number == int(number) else NotImplemented


def _hundred_row(hundreds: Any) -> Any:
    return f"{hundreds}00"


def _loose_row(hundreds: Any, ones: Any) -> Any:
    """Eight hundred five: 805 alone, 8005 among other digits."""
    return (f"{hundreds}0{ones}", f"{hundreds}00{ones}")


def _negative(value: Any) -> Any:
    return -_number(value)


def _money(currency: Any, whole: Any, cents: Any = None) -> Any:
    """An amount: units and hundredths."""
    value = _number(whole or 0) + _number(cents or 0) / 100
    return Amount(value, currency)


def _dollars(currency: Any, whole: Any, cents: Any, cent: Any) -> Any:
    if cent not in {"C", None, currency} or _number(whole) != int(_number(whole)):
        return NotImplemented
    return _money(currency, whole, cents)


def _cents(cents: Any, cent: Any) -> Any:
    return _money(None if cent == "C" else cent, 0, cents)


def _money_tenths(currency: Any, whole: Any, tenths: Any) -> Any:
    return _money(currency, whole, _number(tenths) * 10)


def _split_whole(high: Any, low: Any) -> Any:
    """Twelve ninety nine: 1299, beside 12.99."""
    return _money(None, _number(high) * 100 + _number(low))


def _money_comma(currency: Any, high: Any, low: Any, cents: Any) -> Any:
    """Points between thousands and a comma before cents, as on the Continent."""
    return _money(currency, Decimal(f"{high}{low or ''}"), cents)


def _tenths(tenths: Any, hundredths: Any = None) -> Any:
    """Hundredths of so many tenths and hundredths: 五毛五."""
    return _number(tenths) * 10 + _number(hundredths or 0)


def _in(amount: Amount, currency: Any) -> Any:
    if amount.currency not in {None, currency}:
        return NotImplemented
    return Amount(amount.value, currency)


def _date(year: Any, month: Any, day: Any) -> Any:
    return Day("date", None if year is None else int(year), int(month), int(day))


def _day(day: Any) -> Any:
    return Day("date", None, None, int(day))


def _near(days: Any) -> Any:
    return Day("near", day=int(days))


def _weekday(number: Any, which: Any = None) -> Any:
    return Day("weekday", weekday=int(number), which=which)


def _ahead(count: Any, unit: Any, base: Any = None) -> Any:
    if _number(count) != int(_number(count)):
        return NotImplemented
    return Day("ahead", day=int(count), unit=unit, base=base)


def _back(count: Any, unit: Any, base: Any = None) -> Any:
    return Day("ahead", day=-int(count), unit=unit, base=base)


def _end(month: Any) -> Any:
    return Day("end", month=month)


def _start(month: Any) -> Any:
    return Day("start", month=month)


def _year_end(year: Any) -> Any:
    return Day("date", year, 12, 31)


def _nth(count: Any, weekday: Any, month: Any) -> Any:
    return Day("nth", month=month, day=int(count), weekday=int(weekday))


def _on(weekday: Any, day: Day) -> Any:
    """A weekday beside a date: it has to fit."""
    return day._replace(weekday=int(weekday)) if day.form == "date" else NotImplemented


def _in_year(day: Day, year: Any) -> Any:
    if day.form != "date" or day.year is not None or not isinstance(day.month, int):
        return NotImplemented
    return day._replace(year=year if str(year)[0] in "c+-" else int(year))


def _packed(digits: str) -> Any:
    if digits[:2] not in {"19", "20"}:
        return NotImplemented
    return Day("date", int(digits[:4]), int(digits[4:6]), int(digits[6:]))


def _slashes(first: Any, second: Any, year: Any) -> Any:
    """Month and day in the order of some country."""
    return Day("slashes", int(year), int(first), int(second))


def _short_slashes(first: Any, second: Any) -> Any:
    return Day("slashes", None, int(first), int(second))


def _slashes_short(first: Any, second: Any, year: Any) -> Any:
    return Day("slashes", f"c{year}", int(first), int(second))


def _slashes_century(first: Any, second: Any, year: Any) -> Any:
    return Day("slashes", year, int(first), int(second))


def _weekday_day(weekday: Any, day: Any) -> Any:
    return Day("date", None, None, int(day), weekday=int(weekday))


def _in_month(month: Any, day: Any) -> Any:
    return Day("date", None, month, int(day))


def _end_of(month: Any) -> Any:
    return Day("end", month=int(month))


def _week_ago(weekday: Any) -> Any:
    return _back(1, "week", _weekday(weekday, "last"))


def _ahead_of_weekday(weekday: Any) -> Any:
    return _ahead(1, "week", _weekday(weekday))


def _two_digit_day(tens: Any, ones: Any) -> Any:
    return _day(f"{tens}{ones}")


def _same_day(year: Any) -> Any:
    return Day("same", year if str(year)[0] in "c+-" else int(year))


def _packed_digits(*digits: Any) -> Any:
    return _packed("".join(str(digit) for digit in digits))


def _clock_to(minutes: Any, hour: Any, half: Any = None) -> Any:
    return _clock_before(minutes, _clock(hour), half)


def _clock(hour: Any, minute: Any = None, half: Any = None) -> Any:
    written = isinstance(hour, str) and hour[0] == "0"
    return Clock(int(hour), int(minute or 0), half, written or int(hour) > 12 or int(hour) == 0)


def _written_clock(hour: Any, minute: Any = None, half: Any = None) -> Any:
    """On the clock of 24 hours."""
    return Clock(int(hour), int(minute or 0), half, True)


def _clock_before(minutes: Any, clock: Clock, half: Any = None) -> Any:
    """So many minutes before an hour."""
    hour, is_written = clock.hour, clock.is_written
    return Clock(hour, clock.minute - int(minutes), half or clock.half, is_written)


def _clock_after(minutes: Any, clock: Clock, half: Any = None) -> Any:
    return clock._replace(minute=clock.minute + int(minutes), half=half or clock.half)


def _at(half: Any, clock: Clock) -> Any:
    """A part of the day before or after a time."""
    return clock._replace(half=half) if clock.half is None else NotImplemented


def _four_digits(digits: str) -> Any:
    hour, minute = int(digits[:-2]), int(digits[-2:])
    return Clock(hour, minute, None, True) if hour < 24 and minute < 60 else NotImplemented


def _as_in(letter: Any, word: Any) -> Any:
    """B as in Bravo."""
    return letter if word[0].upper() == letter else NotImplemented


def _as_word(letter: Any, word: Any) -> Any:
    """M as in Mother, where N was heard: the word is longer, and heard better."""
    return NotImplemented if word[0].upper() == letter else word[0].upper()


def _month_year(month: Any, year: Any) -> Any:
    """A month of a year; the slot knows the century of ``c28``."""
    text = str(year)
    return Day("date", text if text[0] in "c+-" else int(text), int(month), 1)


def _month_year_short(month: Any, year: Any) -> Any:
    return _month_year(month, f"c{int(year)}")


def _packed_month(*digits: Any) -> Any:
    """Four digits of a card: 0429; or six: 042029."""
    text = "".join(str(digit) for digit in digits)
    return _month_year(text[:2], f"c{text[2:]}" if len(text) == 4 else text[2:])


def _span(count: Any, unit: Any, rest: Any = None) -> Any:
    """A length of time in seconds: so many of a unit, and a shorter rest."""
    seconds = _number(count) * _SECONDS[unit]
    if rest is not None and rest >= _SECONDS[unit]:
        return NotImplemented
    return seconds + (rest or 0)


def _span_sum(count: Any, unit: Any, rest: Any, rest_unit: Any) -> Any:
    return _span(count, unit, _span(rest, rest_unit))


def _hours_minutes(hours: Any, minutes: Any) -> Any:
    if _number(minutes) >= 60:
        return NotImplemented
    return _number(hours) * 3600 + _number(minutes) * 60


def _half_more(count: Any, unit: Any) -> Any:
    return (_number(count) + Decimal("0.5")) * _SECONDS[unit]


_SECONDS = {"second": 1, "minute": 60, "quarter": 900, "hour": 3600, "day": 86400, "week": 604800}


MEANINGS: MappingProxyType[str, Callable[..., Any]] = MappingProxyType(
    {
        "constant": _constant,
        "as_in": _as_in,
        "as_word": _as_word,
        "month_year": _month_year,
        "month_year_short": _month_year_short,
        "packed_month": _packed_month,
        "span": _span,
        "span_sum": _span_sum,
        "hours_minutes": _hours_minutes,
        "half_more": _half_more,
        "sum": _sum,
        "year_of_century": _year_of_century,
        "year_in_century": _year_in_century,
        "row_of_tens": _row_of_tens,
        "row_of_hundreds": _row_of_hundreds,
        "short_slashes": _short_slashes,
        "slashes_short": _slashes_short,
        "slashes_century": _slashes_century,
        "weekday_day": _weekday_day,
        "in_month": _in_month,
        "end_of": _end_of,
        "week_ago": _week_ago,
        "ahead_of_weekday": _ahead_of_weekday,
        "two_digit_day": _two_digit_day,
        "same_day": _same_day,
        "packed_digits": _packed_digits,
        "clock_to": _clock_to,
        "times": _times,
        "point": _point,
        "join": _join,
        "repeat": _repeat,
        "scale": _scale,
        "whole_row": _whole_row,
        "hundred_row": _hundred_row,
        "loose_row": _loose_row,
        "dollars": _dollars,
        "cents": _cents,
        "money_tenths": _money_tenths,
        "split_whole": _split_whole,
        "money_comma": _money_comma,
        "negative": _negative,
        "money": _money,
        "tenths": _tenths,
        "in": _in,
        "date": _date,
        "day": _day,
        "near": _near,
        "weekday": _weekday,
        "ahead": _ahead,
        "back": _back,
        "end": _end,
        "start": _start,
        "year_end": _year_end,
        "nth": _nth,
        "on": _on,
        "in_year": _in_year,
        "packed": _packed,
        "slashes": _slashes,
        "clock": _clock,
        "written_clock": _written_clock,
        "clock_before": _clock_before,
        "clock_after": _clock_after,
        "at": _at,
        "four_digits": _four_digits,
    }
)
"""The functions by their names in rules."""
