"""Hours, days and buckets."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.store.hours import (
    bucket_of,
    day_of,
    days_between,
    hour_of,
    moment_of,
    ms_of,
    percentile,
)

BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")


def at(text: str, zone: datetime.tzinfo = BERLIN) -> float:
    """A moment by a zone's clock."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("zone", "moment", "begin"),
    [
        (BERLIN, "2026-12-01 08:59:59", "2026-12-01 08:00"),
        (KOLKATA, "2026-12-01 08:59:59", "2026-12-01 08:00"),
        (ZoneInfo("Australia/Lord_Howe"), "2026-12-01 08:20", "2026-12-01 08:00"),
    ],
)
def test_hours_are_those_of_the_place(zone: ZoneInfo, moment: str, begin: str) -> None:
    """Also where they are half an hour off."""
    assert hour_of(at(moment, zone), zone) == at(begin, zone)


def test_days_of_23_and_25_hours() -> None:
    """Each hour of a year belongs to one day, and each day has all of its own."""
    days = days_between(datetime.date(2026, 1, 1), datetime.date(2026, 12, 31), BERLIN)
    assert len(days) == 365
    lengths = {day: (end - begin) // 3600 for day, begin, end in days if end - begin != 86_400}
    assert lengths == {datetime.date(2026, 3, 29): 23, datetime.date(2026, 10, 25): 25}
    for day, begin, end in days:
        hours = {hour_of(moment, BERLIN) for moment in range(begin, end, 900)}
        assert len(hours) == (end - begin) // 3600
        assert min(hours) == begin
        assert {day_of(hour, BERLIN) for hour in hours} == {day}


@given(st.floats(0.1, 1e7))
def test_buckets(duration_ms: float) -> None:
    """The middle of a bucket is not more than 5 % off."""
    found = ms_of(bucket_of(duration_ms))
    assert duration_ms <= 1 or abs(found - duration_ms) <= 0.051 * duration_ms


def test_percentiles() -> None:
    """Of many durations, as sorting them gives."""
    durations = [float(n) for n in range(1, 1001)]
    buckets: dict[int, int] = {}
    for duration_ms in durations:
        bucket = bucket_of(duration_ms)
        buckets[bucket] = buckets.get(bucket, 0) + 1
    assert percentile(buckets, [0.5, 0.95, 0.99]) == [
        pytest.approx(500, rel=0.06),
        pytest.approx(950, rel=0.06),
        pytest.approx(990, rel=0.06),
    ]
    assert percentile({0: 1}, [0.5, 0.99]) == [0.5, 0.5]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("24h", "2026-11-30 09:30"),
        ("90m", "2026-12-01 08:00"),
        ("7d", "2026-11-24 09:30"),
        ("2w", "2026-11-17 09:30"),
        ("now", "2026-12-01 09:30"),
        ("Today", "2026-12-01 00:00"),
        ("yesterday", "2026-11-30 00:00"),
        ("2026-10-25", "2026-10-25 00:00"),
        ("2026-10-25 08:30", "2026-10-25 08:30"),
        ("2026-12-01T00:00+01:00", "2026-12-01 00:00"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    """As people name them, by the clock of the place."""
    assert moment_of(text, at("2026-12-01 09:30"), BERLIN) == at(moment)


@pytest.mark.parametrize("text", ["", "soon", "7", "2026-13-01", "-1d", "9999999999d"])
def test_what_is_no_moment(text: str) -> None:
    """It is told what would be one."""
    with pytest.raises(ValueError, match="expected 24h, 7d"):
        moment_of(text, 0.0, BERLIN)
