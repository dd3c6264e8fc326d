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

__all__ = ("known_flows", "list_page", "span_of")

ROWS = 50
SEARCHED = ("caller", "words", "flow", "step", "status", "node")
MOST_LETTERS = 200


async def list_page(request: web.Request) -> web.Response:
    """Show the calls that were asked for."""
    context, visitor = context_of(request), visitor_of(request)
    asked = {name: request.query.get(name, "")[:MOST_LETTERS].strip() for name in SEARCHED}
    spoken = {name: request.query.get(name, "")[:40].strip() for name in ("since", "until")}
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
        ValueError: It is no time.
    """
    now = time.time()
    since = moment_of(spoken.get("since") or default, now, context.zone)
    return since, moment_of(spoken.get("until") or "now", now, context.zone)


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
