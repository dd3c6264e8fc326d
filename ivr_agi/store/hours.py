"""Hours and days of a place, and buckets of durations. Core, no I/O.

A roll-up counts by the hours of the installation's time zone. Its days are made of whole hours, 23
or 25 of them where the clock is changed.
"""

from __future__ import annotations

import datetime
import functools
import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ("bucket_of", "day_of", "days_between", "hour_of", "moment_of", "ms_of", "percentile")

HOUR_S = 3600
_GROWTH = math.log(1.1)
"""Each bucket is a tenth longer than the one before: a percentile is right to 5 %."""


def hour_of(at: float, zone: datetime.tzinfo) -> int:
    """Return when the hour of a moment began in a time zone, seconds since 1970."""
    local = datetime.datetime.fromtimestamp(int(at), zone)
    offset = local.utcoffset() or datetime.timedelta()
    offset_s = int(offset.total_seconds())
    return int(at + offset_s) // HOUR_S * HOUR_S - offset_s


def day_of(at: float, zone: datetime.tzinfo) -> datetime.date:
    """Return the day of a moment in a time zone."""
    return datetime.datetime.fromtimestamp(at, zone).date()


def days_between(
    first: datetime.date, last: datetime.date, zone: datetime.tzinfo
) -> list[tuple[datetime.date, int, int]]:
    """Return each day with its begin and end, seconds since 1970; both ends are included."""
    days = [first + datetime.timedelta(n) for n in range((last - first).days + 2)]
    begins = [
        int(datetime.datetime.combine(day, datetime.time(), zone).timestamp()) for day in days
    ]
    return list(zip(days, begins, begins[1:], strict=False))


@functools.lru_cache(maxsize=16_384)
def bucket_of(duration_ms: float) -> int:
    """Return the bucket of a duration; 0 is all up to a millisecond."""
    return max(0, math.ceil(math.log(duration_ms) / _GROWTH)) if duration_ms > 1 else 0


def ms_of(bucket: int) -> float:
    """Return the middle of a bucket, ms."""
    return math.exp((bucket - 0.5) * _GROWTH) if bucket else 0.5


def percentile(buckets: Mapping[int, int], shares: Iterable[float]) -> list[float]:
    """Return percentiles of a histogram, ms.

    Args:
        buckets: How many durations are in each bucket; at least one.
        shares: Such as 0.95, ascending.
    """
    total, found, so_far = sum(buckets.values()), [], 0
    wanted = list(shares)
    for bucket in sorted(buckets):
        so_far += buckets[bucket]
        while wanted and so_far >= wanted[0] * total:
            found.append(ms_of(bucket))
            wanted.pop(0)
    return found


_SPANS = {"m": 60, "h": HOUR_S, "d": 86_400, "w": 7 * 86_400}


def moment_of(text: str, now: float, zone: datetime.tzinfo) -> float:
    """Return the moment that a person names, seconds since 1970.

    Args:
        text: ``24h`` or ``7d`` (ago), ``today``, ``yesterday``, ``2026-12-01`` (its begin), or
            ``2026-12-01 08:30``.
        now: Seconds since 1970.
        zone: Whose days.

    Raises:
        ValueError: It is none of these.
    """
    word = text.strip().lower()
    if match := re.fullmatch(r"(\d{1,6})([mhdw])", word):
        return now - int(match[1]) * _SPANS[match[2]]
    if word in ("now", "today", "yesterday"):
        day = day_of(now, zone) - datetime.timedelta(days=word == "yesterday")
        begin = datetime.datetime.combine(day, datetime.time(), zone)
        return now if word == "now" else begin.timestamp()
    try:
        found = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        reason = "expected 24h, 7d, today, yesterday, 2026-12-01 or '2026-12-01 08:30'"
        raise ValueError(f"{reason}, got {text!r}") from None
    return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).timestamp()
