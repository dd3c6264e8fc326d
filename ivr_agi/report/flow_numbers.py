"""How the flows and their versions fare, side by side. Shell."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr_agi.report.definitions import OUTCOMES
from ivr_agi.store.tables import flows, hourly

if TYPE_CHECKING:
    from ivr_agi.store.database import Database

__all__ = ("FlowNumbers", "count_flows")


@dataclass(frozen=True)
class FlowNumbers:
    """A flow, or one of its versions, in a time."""

    flow: str
    version: str
    """Empty: all of them together."""
    calls: int
    outcomes: dict[str, int]
    """By the names of :data:`~ivr_agi.report.definitions.OUTCOMES`."""
    turns: int
    misses: int
    """No-inputs and no-matches."""
    first_seen: float | None
    """Of a version: when it first took a call, seconds since 1970."""


def count_flows(
    database: Database, since: float, until: float, *, flow: str = ""
) -> list[FlowNumbers]:
    """Return each flow's numbers, or, with ``flow``, those of its versions, the newest first.

    Args:
        database: The store.
        since: Begin of an hour, seconds since 1970.
        until: Begin of the hour after the last.
        flow: Whose versions.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    per = (hourly.c.flow, hourly.c.version) if flow else (hourly.c.flow,)
    query = (
        sa.select(*per, hourly.c.measure, sa.func.sum(hourly.c.n).label("n"))
        .where(hourly.c.hour >= since, hourly.c.hour < until, hourly.c.flow != "")
        .where(
            (hourly.c.step == "") & ((hourly.c.measure == "calls") | _is_status())
            | hourly.c.measure.in_(("no_input", "no_match", "turns")) & (hourly.c.step != "")
        )
        .group_by(*per, hourly.c.measure)
    )
    if flow:
        query = query.where(hourly.c.flow == flow)
    counted: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with database.reading() as connection:
        for row in connection.execute(query).mappings():
            counted[row["flow"], row.get("version", "")][row["measure"]] += int(row["n"])
        seen = {
            (row.name, row.version): float(row.first_seen)
            for row in connection.execute(sa.select(flows).where(flows.c.name == flow))
        }
    found = [
        FlowNumbers(
            flow=name,
            version=version,
            calls=n["calls"],
            outcomes={
                told: sum(n[f"status.{status}"] for status in statuses)
                for told, statuses in OUTCOMES.items()
            },
            turns=n["turns"],
            misses=n["no_input"] + n["no_match"],
            first_seen=seen.get((name, version)),
        )
        for (name, version), n in counted.items()
    ]
    return sorted(found, key=lambda one: (-(one.first_seen or 0.0), one.flow, one.version))


def _is_status() -> sa.ColumnElement[bool]:
    return hourly.c.measure.like("status.%")
