"""Opening hours and holidays. Core, no I/O: the time is an argument.

``weekly: {mon-fri: [09:00-12:30, 14:00-18:00], sat: [10:00-13:00]}``
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

from ivr_agi.flow.file.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("Hours",)

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_DATE = r"(?:\d{4}-)?\d{2}-\d{2}"
_Days = Annotated[str, Meta(pattern=f"^{_DAY}(-{_DAY})?$")]
_Range = Annotated[str, Meta(pattern=f"^{_TIME}-(?:{_TIME}|24:00)$")]
_Dates = Annotated[str, Meta(pattern=rf"^{_DATE}(\.\.{_DATE})?$")]
_LEAP_YEAR = "2024-"
"""Has every day that some year has."""


class Hours(Spec, frozen=True, kw_only=True):
    """When a business is open."""

    weekly: dict[_Days, list[_Range]]
    """Days (``mon`` or ``mon-fri``) to time ranges, end excluded. ``22:00-06:00`` ends on the next
    day."""
    timezone: str = ""
    """IANA name, e.g. ``Asia/Shanghai``; empty: the machine's time zone."""
    holidays: list[_Dates] = []
    """Days closed: ``2026-10-01``, ``2026-10-01..2026-10-07``, or ``12-25`` for every year."""
    open_days: list[_Dates] = []
    """Holidays or weekend days that are open, with Monday's hours (China's make-up workdays)."""
    special: dict[_Dates, list[_Range]] = {}
    """Days with hours of their own, whatever else they are: ``12-24: [09:00-12:00]``."""

    def is_open(self, now: datetime.datetime) -> bool:
        """Return whether it is open at ``now`` (timezone-aware)."""
        local = self._local(now)
        clock, today = local.strftime("%H:%M"), local.date()
        begun = any(
            start <= clock and (clock < end or end <= start) for start, end in self._ranges(today)
        )
        yesterday = today - datetime.timedelta(days=1)
        return begun or any(clock < end <= start for start, end in self._ranges(yesterday))

    def is_holiday(self, now: datetime.datetime) -> bool:
        """Return whether it is a holiday."""
        return self._is_closed(self._local(now).date())

    def _ranges(self, day: datetime.date) -> list[tuple[str, str]]:
        """Return the hours that begin on a day."""
        own = [ranges for dates, ranges in self.special.items() if _is_in(day, dates)]
        if own:
            items = own[0]
        elif self._is_closed(day):
            items = []
        else:
            number = 0 if _is_in(day, *self.open_days) else day.weekday()
            items = [
                item
                for days, ranges in self.weekly.items()
                if number in _expand(days)
                for item in ranges
            ]
        return [(item[:5], item[6:]) for item in items]

    def _is_closed(self, day: datetime.date) -> bool:
        return (
            _is_in(day, *self.holidays)
            and not _is_in(day, *self.open_days)
            and not _is_in(day, *self.special)
        )

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Yield unknown time zones, invalid dates and ranges without a length."""
        try:
            self._local(datetime.datetime.now(datetime.UTC))
        except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
            yield f"there is no time zone {self.timezone!r}", ("timezone",)
        for key in ("weekly", "special"):
            for days, ranges in getattr(self, key).items():
                for number, item in enumerate(ranges):
                    if item[:5] == item[6:]:
                        yield f"{item!r} ends when it begins", (key, days, number)
        for key in ("holidays", "open_days"):
            for number, dates in enumerate(getattr(self, key)):
                if fault := _fault_of(dates):
                    yield fault, (key, number)
        for dates in self.special:
            if fault := _fault_of(dates):
                yield fault, ("special", dates)

    def _local(self, now: datetime.datetime) -> datetime.datetime:
        return now.astimezone(ZoneInfo(self.timezone) if self.timezone else None)


def _fault_of(dates: str) -> str:
    """Return what is wrong with a day or a range of days, or nothing."""
    first, _, last = dates.partition("..")
    for date in filter(None, (first, last)):
        try:
            datetime.date.fromisoformat(date if len(date) > 5 else _LEAP_YEAR + date)
        except ValueError:
            return f"there is no day {date!r}"
    if last and len(first) != len(last):
        return f"{dates!r}: both days have a year, or none has"
    return f"{dates!r} ends before it begins" if len(last) > 5 and last < first else ""


def _is_in(day: datetime.date, *dates: str) -> bool:
    for item in dates:
        first, _, last = item.partition("..")
        last = last or first
        told = f"{day:%Y-%m-%d}"[-len(first) :]
        if first <= last and first <= told <= last:
            return True
        if first > last and (told >= first or told <= last):  # over New Year
            return True
    return False


def _expand(days: str) -> set[int]:
    first, _, last = days.partition("-")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    return {day % 7 for day in range(start, end + 1 if end >= start else end + 8)}
