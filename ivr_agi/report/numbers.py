"""The numbers of a report, counted by the database. Shell."""

from __future__ import annotations

import datetime
import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from ivr_agi.report.definitions import OUTCOMES
from ivr_agi.store.hours import day_of, days_between, percentile
from ivr_agi.store.tables import calls, hourly, leg_histograms, turns

if TYPE_CHECKING:
    from ivr_agi.store.database import Database

__all__ = (
    "Comparison",
    "DayNumbers",
    "LegNumbers",
    "PathNumbers",
    "PromptNumbers",
    "Report",
    "ReportSpan",
    "StepNumbers",
    "compare",
    "count_report",
    "totals_query",
)

AGAIN_S = 86_400
MOST_PATHS = 30
MOST_PROMPTS = 30
SHARES = (0.5, 0.95, 0.99)
LEAST_CALLS = 30
"""Calls of each side, below which a difference of shares says nothing."""
CHANCE = 0.05


class ReportSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls a report is about."""

    since: float
    """Begin of an hour, seconds since 1970."""
    until: float
    """Begin of the hour after the last."""
    flow: str = ""
    version: str = ""


class StepNumbers(msgspec.Struct, kw_only=True):
    """A step of a flow."""

    step: str
    visits: int = 0
    turns: int = 0
    voice: int = 0
    keys: int = 0
    no_input: int = 0
    no_match: int = 0
    false_stops: int = 0
    barge_ins: int = 0
    confirmed: int = 0
    refused: int = 0
    left: int = 0
    mean_s: float = 0.0


class DayNumbers(msgspec.Struct, kw_only=True):
    """A day of the installation's time zone."""

    day: datetime.date
    hours: float
    """Its length: 23 or 25 where the clock is changed."""
    calls: int


class LegNumbers(msgspec.Struct, kw_only=True):
    """A leg of the turns at one endpoint, ms."""

    endpoint: str
    leg: str
    n: int
    p50: float
    p95: float
    p99: float


class PathNumbers(msgspec.Struct, kw_only=True):
    """A way through the flow."""

    steps: list[str]
    calls: int
    share: float


class PromptNumbers(msgspec.Struct, kw_only=True):
    """A prompt that was stopped by voices without words."""

    prompt: str
    """Digest of its text."""
    step: str
    turns: int
    false_stops: int


class Report(msgspec.Struct, kw_only=True):
    """All numbers; :data:`~ivr_agi.report.definitions.DEFINITIONS` says what each means."""

    span: ReportSpan
    zone: str
    calls: int
    statuses: dict[str, int]
    outcomes: dict[str, int]
    """``contained``, ``transferred``, ``hung up``, ``given up``."""
    rang_again: int
    mean_s: float
    by_hour: list[int]
    """Calls by the hour of the day, 0 to 23."""
    days: list[DayNumbers]
    steps: list[StepNumbers]
    paths: list[PathNumbers]
    prompts: list[PromptNumbers]
    legs: list[LegNumbers]


class Comparison(msgspec.Struct, kw_only=True):
    """One share of two reports."""

    name: str
    before: float
    after: float
    p: float
    """How often chance alone makes such a difference."""
    is_more_than_chance: bool


_OF_STEP = {
    "visits": "visits",
    "turns": "turns",
    "outcome.Heard": "voice",
    "outcome.Pressed": "keys",
    "no_input": "no_input",
    "no_match": "no_match",
    "false_barge_ins": "false_stops",
    "barge_ins": "barge_ins",
    "confirm": "confirmed",
    "confirm.refused": "refused",
    "left": "left",
}
"""Measure of the roll-ups and field of :class:`StepNumbers`."""


def count_report(database: Database, span: ReportSpan, zone: datetime.tzinfo) -> Report:
    """Count everything.

    Args:
        database: The store.
        span: Which calls.
        zone: Whose hours and days.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    with database.reading() as connection:
        totals = connection.execute(totals_query(span)).all()
        per_hour = connection.execute(_hours_query(span)).all()
        legs = connection.execute(_legs_query(span)).all()
        paths = connection.execute(_paths_query(span)).all()
        prompts = connection.execute(_prompts_query(span)).all()
        again = connection.execute(_again_query(span)).scalar() or 0
    whole = {measure: int(n) for step, measure, n in totals if not step}
    n_calls = whole.get("calls", 0)
    statuses = {
        name.removeprefix("status."): n for name, n in whole.items() if name.startswith("status.")
    }
    by_hour, days = _spread(per_hour, span, zone)
    return Report(
        span=span,
        zone=str(zone),
        calls=n_calls,
        statuses=dict(sorted(statuses.items(), key=lambda item: (-item[1], item[0]))),
        outcomes={
            name: sum(statuses.get(status, 0) for status in members)
            for name, members in OUTCOMES.items()
        },
        rang_again=int(again),
        mean_s=whole.get("ms", 0) / 1000 / n_calls if n_calls else 0.0,
        by_hour=by_hour,
        days=days,
        steps=_steps(totals),
        paths=[
            PathNumbers(steps=row.path.split(">"), calls=row.n, share=row.n / n_calls)
            for row in paths
            if row.path and n_calls
        ],
        prompts=[
            PromptNumbers(
                prompt=row.prompt, step=row.step, turns=row.turns, false_stops=int(row.false_stops)
            )
            for row in prompts
        ],
        legs=_legs(legs),
    )


def compare(before: Report, after: Report) -> list[Comparison]:
    """Return the shares of two reports, and whether they differ by more than chance."""
    found = []
    for name in OUTCOMES:
        p = _chance(before.outcomes[name], before.calls, after.outcomes[name], after.calls)
        enough = min(before.calls, after.calls) >= LEAST_CALLS
        found.append(
            Comparison(
                name=name,
                before=before.outcomes[name] / before.calls if before.calls else 0.0,
                after=after.outcomes[name] / after.calls if after.calls else 0.0,
                p=p,
                is_more_than_chance=enough and p < CHANCE,
            )
        )
    return found


def _chance(n_before: int, before: int, n_after: int, after: int) -> float:
    """Return the p of a two-sided test of two proportions."""
    if not before or not after:
        return 1.0
    pooled = (n_before + n_after) / (before + after)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / before + 1 / after))
    if not spread:
        return 1.0
    return math.erfc(abs(n_before / before - n_after / after) / spread / math.sqrt(2))


# Queries.


def _within(table: sa.Table, column: str, span: ReportSpan) -> list[sa.ColumnElement[bool]]:
    found = [table.c[column] >= span.since, table.c[column] < span.until]
    if span.flow:
        found.append(table.c.flow == span.flow)
    if span.version and "version" in table.c:
        found.append(table.c.version == span.version)
    return found


def totals_query(span: ReportSpan) -> sa.Select[Any]:
    """Return the query that counts every step and measure."""
    return (
        sa.select(hourly.c.step, hourly.c.measure, sa.func.sum(hourly.c.n))
        .where(*_within(hourly, "hour", span))
        .group_by(hourly.c.step, hourly.c.measure)
    )


def _hours_query(span: ReportSpan) -> sa.Select[Any]:
    return (
        sa.select(hourly.c.hour, sa.func.sum(hourly.c.n).label("n"))
        .where(*_within(hourly, "hour", span), hourly.c.step == "", hourly.c.measure == "calls")
        .group_by(hourly.c.hour)
    )


def _legs_query(span: ReportSpan) -> sa.Select[Any]:
    legs = leg_histograms
    return (
        sa.select(legs.c.endpoint, legs.c.leg, legs.c.bucket, sa.func.sum(legs.c.n).label("n"))
        .where(*_within(legs, "hour", span))
        .group_by(legs.c.endpoint, legs.c.leg, legs.c.bucket)
    )


def _paths_query(span: ReportSpan) -> sa.Select[Any]:
    n = sa.func.count().label("n")
    return (
        sa.select(calls.c.path, n)
        .where(*_within(calls, "started", span))
        .group_by(calls.c.path)
        .order_by(n.desc(), calls.c.path)
        .limit(MOST_PATHS)
    )


def _prompts_query(span: ReportSpan) -> sa.Select[Any]:
    stops = sa.func.sum(turns.c.false_barge_ins)
    return (
        sa.select(
            turns.c.prompt,
            turns.c.step,
            sa.func.count().label("turns"),
            stops.label("false_stops"),
        )
        .join(calls, calls.c.id == turns.c.call_id)
        .where(*_within(calls, "started", span), turns.c.prompt != "")
        .group_by(turns.c.prompt, turns.c.step)
        .having(stops > 0)
        .order_by(stops.desc(), turns.c.prompt)
        .limit(MOST_PROMPTS)
    )


def _again_query(span: ReportSpan) -> sa.Select[Any]:
    """Return the query for calls of the span whose caller rang again, whatever flow took that."""
    following = (
        sa.func.lead(calls.c.started)
        .over(partition_by=calls.c.caller_digest, order_by=calls.c.started)
        .label("following")
    )
    rows = (
        sa.select(calls.c.started, calls.c.flow, calls.c.version, following)
        .where(
            calls.c.caller_digest.is_not(None),
            calls.c.started >= span.since,
            calls.c.started < span.until + AGAIN_S,
        )
        .subquery()
    )
    conditions = [rows.c.started < span.until, rows.c.following <= rows.c.started + AGAIN_S]
    if span.flow:
        conditions.append(rows.c.flow == span.flow)
    if span.version:
        conditions.append(rows.c.version == span.version)
    return sa.select(sa.func.count()).select_from(rows).where(*conditions)


# What they say.


def _steps(totals: Any) -> list[StepNumbers]:
    found: dict[str, StepNumbers] = {}
    ms: dict[str, int] = defaultdict(int)
    for step, measure, n in totals:
        if not step:
            continue
        numbers = found.setdefault(step, StepNumbers(step=step))
        if measure == "ms":
            ms[step] = int(n)
        elif name := _OF_STEP.get(measure):
            setattr(numbers, name, int(n))
    for step, numbers in found.items():
        numbers.mean_s = ms[step] / 1000 / numbers.visits if numbers.visits else 0.0
    return sorted(found.values(), key=lambda one: (-one.visits, one.step))


def _spread(
    per_hour: Any, span: ReportSpan, zone: datetime.tzinfo
) -> tuple[list[int], list[DayNumbers]]:
    counts = {int(hour): int(n) for hour, n in per_hour}
    by_hour = [0] * 24
    for hour, n in counts.items():
        by_hour[datetime.datetime.fromtimestamp(hour, zone).hour] += n
    days = []
    first, last = day_of(span.since, zone), day_of(span.until - 1, zone)
    for day, begin, end in days_between(first, last, zone):
        n_calls = sum(n for hour, n in counts.items() if begin <= hour < end)
        days.append(DayNumbers(day=day, hours=(end - begin) / 3600, calls=n_calls))
    return by_hour, days


def _legs(rows: Any) -> list[LegNumbers]:
    buckets: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for endpoint, leg, bucket, n in rows:
        buckets[endpoint, leg][int(bucket)] = int(n)
    found = []
    for (endpoint, leg), histogram in sorted(buckets.items()):
        p50, p95, p99 = percentile(histogram, SHARES)
        n = sum(histogram.values())
        found.append(LegNumbers(endpoint=endpoint, leg=leg, n=n, p50=p50, p95=p95, p99=p99))
    return found
