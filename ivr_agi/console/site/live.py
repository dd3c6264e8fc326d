"""Which calls go on, for every page that watches: one look for all of them. Shell."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ivr_agi.report.timeline import QUIET, tell_event
from ivr_agi.store.database import StoreUnavailable
from ivr_agi.store.live import calls_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from ivr_agi.journal import Event

__all__ = ("LiveCalls", "lines_told", "row_of")

LIVE_LOOK_S = 0.25
"""Between two looks while somebody watches: at most four patches of a page a second."""


class LiveCalls:
    """Looks at the calls that go on, while somebody watches.

    Args:
        open_calls: Gives the events of each.
        deadline_s: No call is longer.
        every_s: Between two looks.
    """

    def __init__(
        self,
        open_calls: Callable[[], Awaitable[list[list[Event]]]],
        *,
        deadline_s: float,
        every_s: float = LIVE_LOOK_S,
    ) -> None:
        self._open_calls = open_calls
        self._deadline_s = deadline_s
        self._every_s = every_s
        self._changed = asyncio.Condition()
        self._rows: dict[str, dict[str, Any]] = {}
        self._events: dict[str, list[Event]] = {}
        self._n_looks = 0
        self._n_watching = 0
        self._looking: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look meanwhile."""
        self._n_watching += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_on())
        try:
            yield
        finally:
            self._n_watching -= 1
            if not self._n_watching and self._looking is not None:
                looking, self._looking = self._looking, None
                looking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await looking

    async def look(self) -> dict[str, dict[str, Any]]:
        """Return the rows of the calls that go on, by unique id."""
        events = await self._open_calls()
        calls = calls_now(events, now=time.time(), deadline_s=self._deadline_s)
        began = {one[0].call: one[0].time for one in events if one}
        self._events = {one[0].call: one for one in events if one}
        self._rows = {one.call: row_of(asdict(one), began[one.call]) for one in calls}
        return self._rows

    def events_of(self, call: str) -> list[Event]:
        """Return the events so far of a call, by the last look; empty: it does not go on."""
        return list(self._events.get(call, ()))

    async def next_look(self, seen: int) -> tuple[int, dict[str, dict[str, Any]]]:
        """Wait for a look after the one that was seen; return its number and its rows."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._n_looks > seen)
            return self._n_looks, self._rows

    async def _look_on(self) -> None:
        while True:
            with contextlib.suppress(StoreUnavailable):
                await self.look()
            async with self._changed:
                self._n_looks += 1
                self._changed.notify_all()
            await asyncio.sleep(self._every_s)


def row_of(call: dict[str, Any], began: float) -> dict[str, Any]:
    """Return what a page shows of a call; it counts the seconds itself."""
    del call["seconds"]
    return call | {"began": round(began, 1)}


def lines_told(events: list[Event], since: int) -> list[tuple[str, str]]:
    """Return the time line from an event on: seconds, and words. Interim words are told, too."""
    return [
        (f"{event.at_s - events[0].at_s:.1f}", tell_event(event.event, event.data))
        for event in events[since:]
        if event.event not in QUIET or event.event == "interim" or "error" in event.data
    ]
