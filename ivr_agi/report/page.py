"""Writes a report as one HTML file that opens anywhere: no script, no other file. Shell.

Everything that callers, flows or Asterisk have said is escaped by the template engine.
"""

from __future__ import annotations

import datetime
import functools
from importlib import resources
from typing import TYPE_CHECKING, Any

from ivr_agi.report.definitions import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jinja2

    from ivr_agi.report.numbers import Comparison, Report

__all__ = ("bar_chart", "render_page")

WIDTH, HEIGHT = 720, 150
"""Of a chart, in its own units; it is scaled to the page."""
FOOT = 22
MOST_LABELS = 24
"""A phone shows every third of them, twice as large."""


def render_page(
    report: Report,
    zone: datetime.tzinfo,
    *,
    comparison: Sequence[Comparison] = (),
    before: Report | None = None,
    drawing: str = "",
) -> str:
    """Return the page.

    Args:
        report: The numbers.
        zone: Whose clock the page shows.
        comparison: Shares of another report beside this one's.
        before: That report.
        drawing: An SVG of the flow, of our own making.
    """
    day_labels = [f"{day.day:%m-%d}" for day in report.days]
    return _template().render(
        report=report,
        before=before,
        comparison=comparison,
        drawing=drawing,
        defined=DEFINITIONS,
        since=_moment(report.span.since, zone),
        until=_moment(report.span.until, zone),
        before_since=_moment(before.span.since, zone) if before is not None else "",
        before_until=_moment(before.span.until, zone) if before is not None else "",
        hours=bar_chart(report.by_hour, [f"{hour}" for hour in range(24)], "calls by hour"),
        days=bar_chart([day.calls for day in report.days], day_labels, "calls by day"),
        odd_days=[day for day in report.days if day.hours != 24],
        most_visits=max([step.visits for step in report.steps], default=0),
    )


def bar_chart(values: Sequence[int], labels: Sequence[str], title: str) -> dict[str, Any]:
    """Return what the template draws: bars with their heights, and every some labels."""
    most = max([*values, 1])
    step = WIDTH / max(1, len(values))
    every = -(-len(values) // MOST_LABELS) or 1
    room = HEIGHT - FOOT - 14
    return {
        "title": title,
        "width": WIDTH,
        "height": HEIGHT,
        "most": most,
        "bars": [
            {
                "x": round(n * step + step * 0.1, 1),
                "width": round(step * 0.8, 1),
                "y": round(14 + room * (1 - value / most), 1),
                "height": round(room * value / most, 1),
                "middle": round((n + 0.5) * step, 1),
                "label": label if n % every == 0 else "",
                "is_minor": n % (3 * every) != 0,
                "value": value,
                "name": label,
            }
            for n, (value, label) in enumerate(zip(values, labels, strict=True))
        ],
    }


def _moment(at: float, zone: datetime.tzinfo) -> str:
    return f"{datetime.datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"


@functools.cache
def _template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["share"] = lambda part, whole: (
        f"{100 * part / whole:.1f} %" if whole else "-"
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["tenth"] = lambda value: f"{value:.1f}"
    text = resources.files("ivr_agi.report").joinpath("page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(text)
