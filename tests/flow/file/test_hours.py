"""Opening hours by the clock, the week and the calendar."""

from __future__ import annotations

import datetime

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.outside import Outside
from tests.flow.conversation import converse

FLOW = """\
start: a
hours:
  office:
    timezone: Asia/Shanghai
    weekly: {mon-fri: ["09:00-12:00", "13:00-24:00"], sat: ["10:00-12:00"]}
    holidays: ["2026-10-01", "01-01"]
    open_days: ["2026-10-10"]
steps:
  a: {do: hours, hours: office, open: b, closed: c, holiday: d}
  b: {do: hangup, prompt: open}
  c: {do: hangup, prompt: closed}
  d: {do: hangup, prompt: holiday}
"""


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        ("2026-09-30T01:00", "open"),  # Wednesday 09:00 in Shanghai
        ("2026-09-30T00:59", "closed"),
        ("2026-09-30T04:00", "closed"),
        ("2026-09-30T15:59", "open"),
        ("2026-10-03T02:30", "open"),  # Saturday
        ("2026-10-03T05:30", "closed"),
        ("2026-10-04T02:30", "closed"),  # Sunday
        ("2026-10-01T02:00", "holiday"),
        ("2026-12-31T16:00", "holiday"),  # New Year's Day begins in Shanghai
        ("2026-10-10T06:00", "open"),  # a Saturday that is worked
    ],
)
async def test_hours(utc: str, expected: str) -> None:
    """The local clock decides."""
    now = datetime.datetime.fromisoformat(utc).replace(tzinfo=datetime.UTC)
    _, caller = await converse(FLOW, outside=Outside(wall_clock=lambda: now))
    assert caller.said == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Asia/Shanghai", "Asia/Atlantis", "there is no time zone"),
        ("mon-fri", "mon-freitag", "a text that matches"),
        ('"09:00-12:00"', '"09:00-09:00"', "ends when it begins"),
        ('"2026-10-01"', '"2026-10-32"', "there is no day '2026-10-32'"),
        ("hours: office, open", "hours: shop, open", "there are no hours 'shop'"),
    ],
)
def test_mistakes(old: str, new: str, expected: str) -> None:
    """Told with their place."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(FLOW.replace(old, new))


NIGHT = """\
start: a
hours:
  clinic:
    timezone: UTC
    weekly: {mon-fri: ["22:00-06:00"], sat: ["10:00-12:00"]}
    holidays: ["2026-10-05..2026-10-07", "12-24..01-02"]
    open_days: ["2026-10-06"]
    special: {"12-31": ["09:00-12:00"], "2026-10-14": []}
steps:
  a: {do: hours, hours: clinic, open: b, closed: c, holiday: d}
  b: {do: hangup, prompt: open}
  c: {do: hangup, prompt: closed}
  d: {do: hangup, prompt: holiday}
"""


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        ("2026-09-30T23:00", "open"),  # Wednesday night
        ("2026-10-01T05:59", "open"),
        ("2026-10-01T06:00", "closed"),
        ("2026-10-03T05:00", "open"),  # Saturday: Friday's night
        ("2026-10-04T05:00", "closed"),  # Saturday has none
        ("2026-10-05T05:00", "holiday"),  # nor has Sunday
        ("2026-10-05T23:00", "holiday"),
        ("2026-10-06T23:00", "open"),  # worked all the same
        ("2026-10-07T05:00", "open"),  # its night ends on a holiday
        ("2026-10-07T06:00", "holiday"),
        ("2026-10-13T23:00", "open"),
        ("2026-10-14T05:00", "open"),
        ("2026-10-14T23:00", "closed"),  # hours of its own: none
        ("2026-12-31T10:00", "open"),  # half a holiday
        ("2026-12-31T12:00", "closed"),
        ("2027-01-02T10:00", "holiday"),  # over New Year
        ("2027-01-03T10:00", "closed"),
    ],
)
async def test_nights_and_days(utc: str, expected: str) -> None:
    """The night belongs to the day on which it begins; special days have hours of their own."""
    now = datetime.datetime.fromisoformat(utc).replace(tzinfo=datetime.UTC)
    _, caller = await converse(NIGHT, outside=Outside(wall_clock=lambda: now))
    assert caller.said == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"2026-10-05..2026-10-07"', '"2026-10-07..2026-10-05"', "ends before it begins"),
        ('"2026-10-05..2026-10-07"', '"2026-10-05..10-07"', "both days have a year, or none has"),
        ('"2026-10-05..2026-10-07"', '"2026-10-05 - 2026-10-07"', "expected a date"),
        ('"12-24..01-02"', '"12-24..02-30"', "holidays.1: there is no day '02-30'"),
        ('"12-31"', '"12-32"', "there is no day '12-32'"),
        ('["09:00-12:00"]', '["09:00-25:00"]', r"expected times \(09:00-17:30\)"),
        ('["09:00-12:00"]', '["09:00-09:00"]', "ends when it begins"),
    ],
)
def test_mistakes_in_days(old: str, new: str, expected: str) -> None:
    """Told with their place."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(NIGHT.replace(old, new))
