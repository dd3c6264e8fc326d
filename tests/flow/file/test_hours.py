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
        ('"09:00-12:00"', '"12:00-09:00"', "ends before it begins"),
        ('"2026-10-01"', '"2026-10-32"', "there is no day '2026-10-32'"),
        ("hours: office, open", "hours: shop, open", "there are no hours 'shop'"),
    ],
)
def test_mistakes(old: str, new: str, expected: str) -> None:
    """Told with their place."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(FLOW.replace(old, new))
