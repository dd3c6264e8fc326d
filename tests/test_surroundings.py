"""Calls keep the environment and the time zone that the process began with."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Iterator

import pytest

from ivr_agi.surroundings import as_local_time, environment, keep_surroundings, local_now

SUMMER = datetime.datetime(2026, 7, 1, 12, 0, tzinfo=datetime.UTC).timestamp()


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Sets ``TZ``; afterwards all is as before."""
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the beginning; without a block, of now."""
    monkeypatch.setenv("IVR_AGI_TOKEN", "first")
    with keep_surroundings():
        os.environ["IVR_AGI_TOKEN"] = "second"
        assert environment()["IVR_AGI_TOKEN"] == "first"
        del os.environ["IVR_AGI_TOKEN"]
        assert environment()["IVR_AGI_TOKEN"] == "first"
    assert "IVR_AGI_TOKEN" not in environment()


@pytest.mark.parametrize("name", ["Asia/Shanghai", ":Asia/Shanghai"])
def test_the_time_zone(zone: pytest.MonkeyPatch, name: str) -> None:
    """A function that works in its customer's zone moved every caller's "today"."""
    zone.setenv("TZ", name)
    time.tzset()
    with keep_surroundings():
        zone.setenv("TZ", "America/New_York")
        time.tzset()
        assert as_local_time(SUMMER).isoformat() == "2026-07-01T20:00:00+08:00"
        assert local_now().utcoffset() == datetime.timedelta(hours=8)
    assert as_local_time(SUMMER).isoformat() == "2026-07-01T08:00:00-04:00"


def test_a_zone_that_is_no_file(zone: pytest.MonkeyPatch) -> None:
    """The C library knows it."""
    zone.setenv("TZ", "CST-8")
    time.tzset()
    with keep_surroundings():
        assert as_local_time(SUMMER).isoformat() == "2026-07-01T20:00:00+08:00"
