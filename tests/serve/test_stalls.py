"""Lateness of the event loop: counted, and told where it is a stall."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from ivr_agi.journal import Event, Journal
from ivr_agi.serve import stalls
from ivr_agi.serve.stalls import Lags, watch_stalls
from tests.patience import Stopwatch
from tests.sis.fake import eventually


def test_classes() -> None:
    """Each up to its bound, the last without one."""
    lags = Lags()
    for lag_s in (-0.001, 0.005, 0.006, 0.05, 0.1, 1.5, 2.0, 9.0):
        lags.add(lag_s)
    assert lags.counts == [2, 1, 0, 1, 1, 0, 0, 0, 2, 1]
    assert lags.worst_ms == 9000
    assert str(lags) == "<=5 ms 2x, <=10 ms 1x, <=50 ms 1x, <=100 ms 1x, <=2000 ms 2x, >2000 ms 1x"
    assert str(Lags()) == "none"


async def test_a_stall(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """One that a caller may notice is logged and journalled; the summary follows."""
    monkeypatch.setattr(stalls, "STEP_S", 0.01)
    monkeypatch.setattr(stalls, "REPORT_S", 0.2)
    caplog.set_level(logging.INFO, "ivr_agi.serve")
    events: list[Event] = []
    watch = Stopwatch()
    watching = asyncio.create_task(watch_stalls(Journal(listener=events.append)))
    await asyncio.sleep(0.05)
    _stall()
    await eventually(lambda: any("lateness of the event loop" in x for x in caplog.messages))
    watching.cancel()
    await asyncio.wait([watching])
    assert {event.event for event in events} == {"stalled"}  # the machine may add its own
    assert 100 <= max(event.data["ms"] for event in events) < 1000 + 1000 * watch.waited
    assert any("stalled" in message for message in caplog.messages)


def _stall() -> None:
    """Hold the loop up, as a slow disk would."""
    end = time.monotonic() + 0.15
    while time.monotonic() < end:
        pass
