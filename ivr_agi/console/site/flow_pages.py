"""The flows: drawn with their traffic, version beside version, step by step. Shell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from aiohttp import web
from markupsafe import Markup

from ivr_agi.console.site.call_list import plain_text, span_of
from ivr_agi.console.site.context import SiteContext, context_of, visitor_of
from ivr_agi.console.site.rendering import page
from ivr_agi.errors import FlowError
from ivr_agi.flow.file.spec import PromptSpec, walk
from ivr_agi.flow.load.loader import load_flow
from ivr_agi.flow.steps.menu import ChoosingStep
from ivr_agi.flow.tools.draw.svg import InPage
from ivr_agi.flow.tools.ways import ways_out
from ivr_agi.report.drawing import draw_traffic
from ivr_agi.report.flow_numbers import count_flows
from ivr_agi.report.numbers import ReportSpan, compare, count_report
from ivr_agi.report.unmatched import group_unmatched
from ivr_agi.store.hours import hour_of
from ivr_agi.store.queries import unmatched_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ivr_agi.flow.file.model import Flow
    from ivr_agi.flow.file.step import StepSpec

__all__ = ("flow_page", "flows_page", "step_page")

DEFAULT_SPAN = "7d"
LONGEST_SPAN_S = 3660 * 86_400.0
"""A report counts every day of its time."""
MOST_GROUPS = 200
MOST_CALLS = 5
"""Calls that a group of words leads to."""


class _Asked:
    """The time and the version that a page is about."""

    def __init__(self, context: SiteContext, request: web.Request) -> None:
        self.spoken = {
            name: plain_text(request.query.get(name, ""), 40) for name in ("since", "until")
        }
        self.version = plain_text(request.query.get("version", ""), 100)
        self.wrong = ""
        try:
            since, until = span_of(context, self.spoken, DEFAULT_SPAN)
        except ValueError as exc:
            self.wrong = str(exc)
            since, until = span_of(context, {}, DEFAULT_SPAN)
        self.until = float(hour_of(until, context.zone)) + 3600
        since = min(max(since, self.until - LONGEST_SPAN_S), self.until - 3600)
        self.since = float(hour_of(since, context.zone))

    @property
    def status(self) -> int:
        """Of the answer."""
        return 400 if self.wrong else 200

    @property
    def query(self) -> str:
        """The same again, for links."""
        given = self.spoken | {"version": self.version}
        return urlencode({name: text for name, text in given.items() if text})


async def flows_page(request: web.Request) -> web.Response:
    """Show all flows with their numbers."""
    context = context_of(request)
    asked = _Asked(context, request)

    def look() -> list[dict[str, Any]]:
        numbers = {one.flow: one for one in count_flows(context.database, asked.since, asked.until)}
        files = _files(context)
        return [
            {"name": name, "file": name in files, "numbers": numbers.get(name)}
            for name in sorted(files.keys() | numbers.keys())
        ]

    rows = await context.ask(look)
    return page(request, "flows", status=asked.status, rows=rows, asked=asked)


async def flow_page(request: web.Request) -> web.Response:
    """Show a flow with the traffic on it, its steps and its versions."""
    context, name = context_of(request), plain_text(request.match_info["flow"], 200)
    asked = _Asked(context, request)

    def look() -> dict[str, Any]:
        file = _files(context).get(name)
        versions = count_flows(context.database, asked.since, asked.until, flow=name)
        if file is None and not versions:
            raise web.HTTPNotFound
        span = ReportSpan(since=asked.since, until=asked.until, flow=name, version=asked.version)
        report = count_report(context.database, span, context.zone)
        other = None
        if asked.version:
            whole = ReportSpan(since=asked.since, until=asked.until, flow=name)
            other = compare(count_report(context.database, whole, context.zone), report)
        drawing, wrong = _drawn(file, report, name, asked.query)
        return {
            "report": report,
            "versions": versions,
            "drawing": drawing,
            "flow_wrong": wrong,
            "comparison": other,
        }

    found = await context.ask(look)
    return page(request, "flow", status=asked.status, name=name, asked=asked, **found)


def _drawn(file: Path | None, report: Any, name: str, query: str) -> tuple[Markup, str]:
    """Return the drawing with the traffic, or why there is none."""
    if file is None:
        return Markup(), ""
    try:
        flow = load_flow(file)
        links = {step: _step_path(name, step, query) for step in flow.steps}
        # Ours: draw_svg escapes what it writes.
        return Markup(draw_traffic(file, report, in_page=InPage(links=links))), ""
    except FlowError as exc:
        return Markup(), exc.first_line()


def _step_path(flow: str, step: str, query: str) -> str:
    path = f"/flows/{quote(flow, safe='')}/steps/{quote(step, safe='')}"
    return f"{path}?{query}" if query else path


async def step_page(request: web.Request) -> web.Response:
    """Show a step: what it says, what it understands, and what it did not understand."""
    context, visitor = context_of(request), visitor_of(request)
    name, step_name = (plain_text(request.match_info[each], 200) for each in ("flow", "step"))
    asked = _Asked(context, request)

    def look() -> dict[str, Any]:
        flow = _flow(context, name)
        step = flow.steps.get(step_name) if flow is not None else None
        span = ReportSpan(since=asked.since, until=asked.until, flow=name, version=asked.version)
        report = count_report(context.database, span, context.zone)
        numbers = next((one for one in report.steps if one.step == step_name), None)
        if step is None and numbers is None:
            raise web.HTTPNotFound
        context.note(visitor.name, f"looked at words of step {name}/{step_name}")
        said = unmatched_words(
            context.database, since=asked.since, until=time.time() + 1, flow=name, step=step_name
        )
        groups = group_unmatched(one for one in said if one.at < asked.until)
        return {
            "numbers": numbers,
            "prompts": _prompts(step),
            "choices": _choices(step),
            "ways": ways_out(flow, step, commands=True) if flow and step else {},
            "groups": [_shown(group) for group in groups[:MOST_GROUPS]],
            "n_groups": len(groups),
        }

    found = await context.ask(look)
    return page(
        request, "step", status=asked.status, name=name, step=step_name, asked=asked, **found
    )


def _shown(group: Any) -> dict[str, Any]:
    return {
        "n": group.n,
        "text": group.text,
        "others": [text for text, _ in group.texts.most_common(4)[1:]],
        "meant": group.meant.most_common(3),
        "calls": list(dict.fromkeys(group.calls))[:MOST_CALLS],
    }


def _prompts(step: StepSpec | None) -> list[tuple[str, str, str]]:
    """Return what a step says: where in the file, language, text."""
    found = []
    for path, spec in walk(step) if step is not None else ():
        if isinstance(spec, PromptSpec):
            where = ".".join(str(part) for part in path)
            found += [
                (where, language, str(part.text or part.recording or ""))
                for language, part in spec.all_parts()
            ]
    return found


def _choices(step: StepSpec | None) -> list[dict[str, Any]]:
    if not isinstance(step, ChoosingStep):
        return []
    return [
        {
            "value": choice.value_told(),
            "words": choice.all_words(),
            "key": choice.key or "",
            "go": str(choice.go),
        }
        for choice in step.listed()
    ]


def _files(context: SiteContext) -> dict[str, Path]:
    """Return the flow files, by name: no other file is ever opened."""
    return {file.stem: file for file in _glob(context.settings.flows_dir)}


def _glob(folder: Path) -> Iterable[Path]:
    try:
        return sorted(folder.glob("[!_.]*.yaml"))
    except OSError:
        return []


def _flow(context: SiteContext, name: str) -> Flow | None:
    file = _files(context).get(name)
    try:
        return load_flow(file) if file is not None else None
    except FlowError:
        return None
