"""Sends traces to a collector by OTLP/HTTP; what it does not take is dropped. Asyncio shell."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

import aiohttp
import msgspec

from ivr_agi.errors import ConfigError
from ivr_agi.tracing.spans import resource_spans, spans_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ivr_agi.journal import Event
    from ivr_agi.store_settings import TraceSettings

__all__ = ("TraceExporter", "stop_task")

_log = logging.getLogger("ivr_agi.tracing")

MOST_TRACED_CALLS = 1_000
"""Calls that wait for the collector."""
TRACES_AT_ONCE = 50
MOST_TRIES = 5
FIRST_RETRY_S = 1.0
"""After a failed try; twice as long after each further one."""
REQUEST_S = 10.0


class TraceExporter:
    """Sends a trace of each call that it is given.

    Args:
        settings: Where to.
        node: The machine's name.
        environ: Environment with the header's value.
        on_done: Gets ``sent`` or ``dropped`` and a number of calls.
        first_pause_s: After a failed try.

    Raises:
        ConfigError: The environment lacks the header's value.
    """

    def __init__(
        self,
        settings: TraceSettings,
        node: str,
        environ: Mapping[str, str],
        *,
        on_done: Callable[[str, int], None] = lambda *_: None,
        first_pause_s: float = FIRST_RETRY_S,
    ) -> None:
        self._settings = settings
        self._node = node
        self._on_done = on_done
        self._first_pause_s = first_pause_s
        self._headers = {"Content-Type": "application/json"}
        if name := settings.authorization_env:
            if not environ.get(name):
                reason = f"expected the value of the header in ${name}, which is not set"
                raise ConfigError(reason, key="traces.authorization_env")
            self._headers["Authorization"] = environ[name]
        self._waiting: asyncio.Queue[Sequence[Event]] = asyncio.Queue(MOST_TRACED_CALLS)
        self._is_failing = False

    def add(self, events: Sequence[Event]) -> None:
        """Take a call; in the event loop's thread. Never waits."""
        try:
            self._waiting.put_nowait(events)
        except asyncio.QueueFull:
            self._on_done("dropped", 1)

    async def run(self) -> None:
        """Send until it is cancelled."""
        timeout = aiohttp.ClientTimeout(total=REQUEST_S)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
            while True:
                calls = [await self._waiting.get()]
                while len(calls) < TRACES_AT_ONCE and not self._waiting.empty():
                    calls.append(self._waiting.get_nowait())
                words = self._settings.words
                spans = [spans_of(self._node, one, tells_words=words) for one in calls]
                body = msgspec.json.encode(resource_spans(self._node, spans))
                is_sent = await self._send(session, body)
                self._on_done("sent" if is_sent else "dropped", len(calls))

    async def _send(self, session: aiohttp.ClientSession, body: bytes) -> bool:
        why = ""
        for number in range(MOST_TRIES):
            try:
                async with session.post(
                    self._settings.url, data=body, headers=self._headers, allow_redirects=False
                ) as answer:
                    if answer.status < 300:
                        self._is_failing = False
                        return True
                    why = f"HTTP {answer.status}"
                    if answer.status not in (429, 502, 503, 504):  # the others are for ever
                        break
            except (aiohttp.ClientError, OSError, TimeoutError) as exc:
                why = type(exc).__name__
            if number < MOST_TRIES - 1:
                await asyncio.sleep(self._first_pause_s * 2**number)
        if not self._is_failing:
            _log.warning("the collector of traces takes nothing (%s): traces are dropped", why)
        self._is_failing = True
        return False


async def stop_task(task: asyncio.Task[None]) -> None:
    """Cancel a task, and wait for its end."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
