"""The look at calls that go on: one for all who watch, none when nobody does."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from ivr_agi.console.site.live import LiveCalls, lines_told
from ivr_agi.journal import Event
from ivr_agi.store.database import StoreUnavailable

pytestmark = pytest.mark.asyncio


def event(name: str, at_s: float = 0.0, **data: Any) -> Event:
    """An event of now."""
    return Event(at_s=at_s, event=name, call="1.1", time=time.time(), data=data)


async def test_who_watches_sees_each_look() -> None:
    """Rows by call; a store that is gone ends nothing."""
    calls = [[event("call_started", caller="5", flow="f")]]
    n_looks = 0

    async def look() -> list[list[Event]]:
        nonlocal n_looks
        n_looks += 1
        if n_looks == 2:
            raise StoreUnavailable("gone")
        return calls

    live = LiveCalls(look, deadline_s=100.0, every_s=0.001)
    async with live.watched(), live.watched():
        seen, rows = await live.next_look(0)
        assert rows["1.1"]["caller"] == "5"
        assert "seconds" not in rows["1.1"]
        calls[0].append(event("step", step="menu"))
        while rows["1.1"]["step"] != "menu":
            seen, rows = await live.next_look(seen)
        assert len(live.events_of("1.1")) == 2
        calls.clear()
        while rows:
            seen, rows = await live.next_look(seen)
    assert live.events_of("1.1") == []
    looked = n_looks
    await asyncio.sleep(0.02)
    assert n_looks == looked


async def test_lines_have_interim_words() -> None:
    """And not the service's sessions, unless they fail."""
    events = [
        event("call_started", 5.0, flow="f", extension="1"),
        event("recognition_started", 5.1),
        event("interim", 5.2, text="sal"),
        event("recognition_end", 5.3, reason="FAILED", error="x"),
        event("synthesis_end", 5.4, reason="FAILED", error="no voice"),
    ]
    told = lines_told(events, 1)
    assert [at for at, _ in told] == ["0.2", "0.3", "0.4"]
    assert "interim words: sal" in told[0][1]
    assert lines_told(events, 5) == []
