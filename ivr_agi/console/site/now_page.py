"""The calls on the line, as they come, move and go, by server-sent events. Shell."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from aiohttp import web

from ivr_agi.console.site.context import SiteContext, context_of, visitor_of
from ivr_agi.console.site.guard import find_visitor
from ivr_agi.console.site.live import LiveCalls, lines_told
from ivr_agi.console.site.rendering import page, page_language, translate
from ivr_agi.report.endpoints import endpoint_states
from ivr_agi.store.tables import node_events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ivr_agi.journal import Event

__all__ = ("LIVE", "live_events", "live_page", "now_events", "now_page")

LIVE = web.AppKey("live", LiveCalls)
CHECK_S = 2.0
"""Between two looks whether who watches is still signed in."""
SIGN_OF_LIFE_S = 15.0
"""Between two signs of life, where nothing happens."""
TROUBLE_S = 3600.0
"""Refused calls and stalls of so long are shown."""


async def now_page(request: web.Request) -> web.Response:
    """Show the calls that go on, and how the machine and the speech service are."""
    context, visitor = context_of(request), visitor_of(request)
    rows = await request.app[LIVE].look()

    def look() -> tuple[Any, Counter[str]]:
        context.note(visitor.name, "watched the calls that go on")
        return endpoint_states(context.settings, time.time()), _troubles(context)

    endpoints, troubles = await context.ask(look)
    limits = context.settings.serve
    return page(
        request,
        "now",
        rows=list(rows.values()),
        endpoints=endpoints,
        troubles=troubles,
        max_calls=limits.max_calls,
        max_sessions=limits.max_sessions,
        now=time.time(),
    )


def _troubles(context: SiteContext) -> Counter[str]:
    """Return how often which event of no call was seen in the last hour."""
    query = (
        sa.select(node_events.c.event, sa.func.count().label("n"))
        .where(node_events.c.at > time.time() - TROUBLE_S, node_events.c.event != "journal_file")
        .group_by(node_events.c.event)
    )
    with context.database.reading() as connection:
        return Counter({row.event: int(row.n) for row in connection.execute(query)})


async def now_events(request: web.Request) -> web.StreamResponse:
    """Send what changes: rows that are new or other, and calls that have gone."""
    sent: dict[str, dict[str, Any]] = {}
    seen, live, language = 0, request.app[LIVE], page_language(request)
    async with _stream(request) as stream:
        while (found := await stream.next_look(live, seen)) is not None:
            seen, rows = found[0], _in_language(found[1], language)
            put = [row for call, row in rows.items() if sent.get(call) != row]
            gone = [call for call in sent if call not in rows]
            if put or gone or seen == 1 or not sent:
                await stream.send({"put": put, "gone": gone, "n": len(rows)})
            sent = dict(rows)
    return stream.response


def _in_language(rows: dict[str, dict[str, Any]], language: str) -> dict[str, dict[str, Any]]:
    return {
        call: row | {"waits_for": translate(language, row["waits_for"])}
        for call, row in rows.items()
    }


async def live_page(request: web.Request) -> web.Response:
    """Show one call as it goes on; one that has ended is in the store."""
    context, visitor = context_of(request), visitor_of(request)
    call = request.match_info["call"]
    rows = await request.app[LIVE].look()
    if call not in rows:
        raise web.HTTPSeeOther(request.app.router["call"].url_for(call=call))
    await context.ask(lambda: context.note(visitor.name, "followed a call"))
    return page(request, "live", call=rows[call], now=time.time())


async def live_events(request: web.Request) -> web.StreamResponse:
    """Send the lines of one call's time line as they come."""
    live, call = request.app[LIVE], request.match_info["call"]
    n_sent, seen, language = 0, 0, page_language(request)
    async with _stream(request) as stream:
        while (found := await stream.next_look(live, seen)) is not None:
            seen, rows = found[0], _in_language(found[1], language)
            events: list[Event] = live.events_of(call)
            if lines := lines_told(events, n_sent):
                await stream.send({"lines": lines, "row": rows.get(call), "first": not n_sent})
            n_sent = max(n_sent, len(events))
            if call not in rows:
                await stream.send({"ended": True})
                break
    return stream.response


class _Stream:
    """Server-sent events to one browser."""

    def __init__(self, request: web.Request, response: web.StreamResponse) -> None:
        self.response = response
        self._context = context_of(request)
        self._token = visitor_of(request).token
        self._checked = self._sent = time.monotonic()

    async def send(self, message: dict[str, Any]) -> None:
        """Send an event; JSON has no line ends of its own."""
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        await self.response.write(f"data: {text}\n\n".encode("utf-8", "replace"))
        self._sent = time.monotonic()

    async def next_look(
        self, live: LiveCalls, seen: int
    ) -> tuple[int, dict[str, dict[str, Any]]] | None:
        """Return the next look; None: who watches is signed out."""
        found = await live.next_look(seen)
        now = time.monotonic()
        if now - self._checked >= CHECK_S:
            self._checked = now
            if await find_visitor(self._context, self._token, now, keep=False) is None:
                return None
        if now - self._sent >= SIGN_OF_LIFE_S:
            await self.response.write(b": \n\n")
            self._sent = now
        return found


@contextlib.asynccontextmanager
async def _stream(request: web.Request) -> AsyncIterator[_Stream]:
    """Begin the answer; a browser that has gone ends it in silence."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    async with request.app[LIVE].watched():
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            yield _Stream(request, response)
