"""The page that finds calls, as ``ivr-agi calls`` does. Shell."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import sqlalchemy as sa

from ivr_agi.console.site.context import SiteContext, context_of, visitor_of
from ivr_agi.console.site.rendering import page
from ivr_agi.store.hours import moment_of
from ivr_agi.store.queries import CallFilter, list_calls
from ivr_agi.store.tables import flows as flow_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

__all__ = ("known_flows", "list_page", "plain_text", "span_of")

ROWS = 50
SEARCHED = ("caller", "words", "flow", "step", "status", "node")
MOST_LETTERS = 200
FIRST_S, LAST_S = 0.0, 7_258_118_400.0
"""1970 and 2200: what every database and clock has."""


async def list_page(request: web.Request) -> web.Response:
    """Show the calls that were asked for."""
    context, visitor = context_of(request), visitor_of(request)
    asked = {name: plain_text(request.query.get(name, ""), MOST_LETTERS) for name in SEARCHED}
    spoken = {name: plain_text(request.query.get(name, ""), 40) for name in ("since", "until")}
    before = request.query.get("before", "")
    wrong = ""
    rows: list[dict[str, Any]] = []
    flows: list[str] = []
    try:
        since, until = span_of(context, spoken)
        if before:
            until = min(until, _number(before))
    except ValueError as exc:
        wrong = str(exc)
    else:
        wanted = CallFilter(since=since, until=until, limit=ROWS + 1, **_as_stored(asked))

        def look() -> tuple[list[dict[str, Any]], list[str]]:
            context.note(visitor.name, "looked for calls")
            return list_calls(context.database, context.caller_key, wanted), known_flows(context)

        rows, flows = await context.ask(look)
    older = ""
    if len(rows) > ROWS:
        rows = rows[:ROWS]
        given = {name: value for name, value in (asked | spoken).items() if value}
        older = "/calls?" + urlencode(given | {"before": repr(rows[-1]["started"])})
    return page(
        request,
        "calls",
        status=400 if wrong else 200,
        rows=rows,
        asked=asked,
        spoken=spoken,
        flows=flows,
        wrong=wrong,
        older=older,
        is_asked=any(asked.values()) or any(spoken.values()),
    )


def plain_text(text: str, most: int) -> str:
    """Return a text as every database takes it: without NUL and halves of characters."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:most].strip()


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"expected a time, got {text!r}")
    return number


def _as_stored(asked: dict[str, str]) -> dict[str, str]:
    return asked | {"status": asked["status"].upper()}


def span_of(
    context: SiteContext, spoken: Mapping[str, str], default: str = "30d"
) -> tuple[float, float]:
    """Return begin and end of the time that was asked for, seconds since 1970.

    Raises:
        ValueError: It is no time, or none in which there were telephones.
    """
    now = time.time()
    found = [
        moment_of(spoken.get(name) or usual, now, context.zone)
        for name, usual in (("since", default), ("until", "now"))
    ]
    for text, at in zip((spoken.get("since"), spoken.get("until")), found, strict=True):
        if not FIRST_S < at < LAST_S:
            raise ValueError(f"expected a time from 1970 to 2200, got {text!r}")
    return found[0], found[1]


def known_flows(context: SiteContext) -> list[str]:
    """Return the names of flows that took calls.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    with context.database.reading() as connection:
        found = connection.execute(
            sa.select(flow_table.c.name).distinct().order_by(flow_table.c.name)
        )
        return [row.name for row in found]
