"""Opening hours and holidays. Core, no I/O: the time is an argument.

``weekly: {mon-fri: [09:00-12:30, 14:00-18:00], sat: [10:00-13:00]}``
"""

from __future__ import annotations

import datetime
import re
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
_Days = Annotated[str, Meta(pattern=f"^{_DAY}(-{_DAY})?$")]
_Range = Annotated[str, Meta(pattern=f"^{_TIME}-(?:{_TIME}|24:00)$")]
_Date = Annotated[str, Meta(pattern=r"^(\d{4}-)?\d{2}-\d{2}$")]


class Hours(Spec, frozen=True, kw_only=True):
    """When a business is open."""

    weekly: dict[_Days, list[_Range]]
    """Days (``mon`` or ``mon-fri``) to time ranges, end excluded."""
    timezone: str = ""
    """IANA name, e.g. ``Asia/Shanghai``; empty: the machine's time zone."""
    holidays: list[_Date] = []
    """Days closed: ``2026-10-01``, or ``12-25`` for every year."""
    open_days: list[_Date] = []
    """Holidays or weekend days that are open, with Monday's hours (China's make-up workdays)."""

    def is_open(self, now: datetime.datetime) -> bool:
        """Return whether it is open at ``now`` (timezone-aware)."""
        local = self._local(now)
        if self.is_holiday(now):
            return False
        day = 0 if _is_in(local, self.open_days) else local.weekday()
        clock = local.strftime("%H:%M")
        return any(
            start <= clock < end
            for days, ranges in self.weekly.items()
            if day in _expand(days)
            for start, end in (item.split("-") for item in ranges)
        )

    def is_holiday(self, now: datetime.datetime) -> bool:
        """Return whether it is a holiday."""
        local = self._local(now)
        return _is_in(local, self.holidays) and not _is_in(local, self.open_days)

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Yield unknown time zones, invalid dates and ranges that end before they begin."""
        try:
            self._local(datetime.datetime.now(datetime.UTC))
        except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
            yield f"there is no time zone {self.timezone!r}", ("timezone",)
        for days, ranges in self.weekly.items():
            for number, item in enumerate(ranges):
                start, end = item.split("-")
                if start >= end:
                    yield f"{item!r} ends before it begins", ("weekly", days, number)
        for key in ("holidays", "open_days"):
            for number, date in enumerate(getattr(self, key)):
                try:
                    datetime.date.fromisoformat(date if len(date) > 5 else f"2024-{date}")
                except ValueError:
                    yield f"there is no day {date!r}", (key, number)

    def _local(self, now: datetime.datetime) -> datetime.datetime:
        return now.astimezone(ZoneInfo(self.timezone) if self.timezone else None)


def _is_in(day: datetime.datetime, dates: list[str]) -> bool:
    return any(
        re.fullmatch(rf"(\d{{4}}-)?{day:%m-%d}", date) and f"{day:%Y-%m-%d}".endswith(date)
        for date in dates
    )


def _expand(days: str) -> set[int]:
    first, _, last = days.partition("-")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    return {day % 7 for day in range(start, end + 1 if end >= start else end + 8)}
