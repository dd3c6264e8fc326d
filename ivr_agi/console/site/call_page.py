"""The page of one call: its sound, its turns, its events, its way through the flow. Shell."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web
from markupsafe import Markup

from ivr_agi.console.access.roles import Role
from ivr_agi.console.site.call_list import plain_text
from ivr_agi.console.site.context import SiteContext, context_of, visitor_of
from ivr_agi.console.site.recordings import file_of, peaks_of_call
from ivr_agi.console.site.rendering import page
from ivr_agi.errors import ConfigError, FlowError
from ivr_agi.flow.load.loader import load_flow, parse_flow
from ivr_agi.flow.tools.draw.svg import FLOW_START, InPage, draw_svg
from ivr_agi.report.peaks import outline
from ivr_agi.report.timeline import QUIET, tell_event
from ivr_agi.report.turns import tell_turns
from ivr_agi.store.one_call import calls_beside, recordings_of
from ivr_agi.store.queries import StoredTimeline, find_timeline, flow_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ivr_agi.flow.file.model import Flow
    from ivr_agi.journal import Event

__all__ = ("WaveMark", "call_page", "marks_of", "wave_part", "way_drawn")

WAVE_WIDTH, LANE = 1000, 60
"""Of a waveform, in its own units."""
SHORTEST_S = 0.2
"""No zoom shows less."""
TICKS = 10


@dataclass(frozen=True)
class WaveMark:
    """An event on the waveform."""

    at_s: float
    kind: str
    """Class of the style sheet."""
    text: str


@dataclass(frozen=True)
class _Sound:
    """A recording to play."""

    number: int
    kind: str
    begin_s: float
    is_there: bool


async def call_page(request: web.Request) -> web.Response:
    """Show a call."""
    context, visitor = context_of(request), visitor_of(request)
    name = request.match_info["call"]
    everything = "all" in request.query

    def look() -> dict[str, Any]:
        found = _find(context, name)
        row = found.row
        context.note(visitor.name, f"looked at call {row['id']}")
        sounds = _sounds(context, found)
        return {
            "row": row,
            "has_words": bool(found.events),
            "sounds": [one for one, _ in sounds],
            "wave": _wave(context, found, sounds, request.query),
            "turns": tell_turns(found.events),
            "events": _told(found.events, everything=everything),
            "everything": everything,
            "beside": calls_beside(context.database, row),
            "drawing": _drawing(context, found),
            "may_listen": visitor.may(Role.LISTEN),
        }

    return page(request, "call", **await context.ask(look))


async def wave_part(request: web.Request) -> web.Response:
    """Show a part of a call's waveform, for the script that zooms."""
    context, visitor = context_of(request), visitor_of(request)

    def look() -> dict[str, Any]:
        found = _find(context, request.match_info["call"])
        context.note(visitor.name, f"looked at call {found.row['id']}")
        wave = _wave(context, found, _sounds(context, found), request.query)
        return {"row": found.row, "wave": wave}

    return page(request, "wave", **await context.ask(look))


def _find(context: SiteContext, name: str) -> StoredTimeline:
    try:
        return find_timeline(context.database, plain_text(name, 200))
    except ConfigError:
        raise web.HTTPNotFound from None


def _length(found: StoredTimeline) -> float:
    if found.events:
        return max(SHORTEST_S, found.events[-1].at_s - found.events[0].at_s)
    return max(SHORTEST_S, found.row["seconds"] or 0.0)


def _sounds(context: SiteContext, found: StoredTimeline) -> list[tuple[_Sound, Path | None]]:
    """Return the recordings in the order in which they are played, with where they are."""
    began_at_s = found.events[0].at_s if found.events else 0.0
    begins = {
        event.data.get("file"): event.at_s - began_at_s
        for event in found.events
        if event.event == "call_recording"
    }
    sounds = []
    for number, one in enumerate(recordings_of(context.database, found.row["id"])):
        path = file_of(context, one)
        sounds.append((_Sound(number, one.kind, begins.get(one.file, 0.0), path is not None), path))
    return sounds


def _wave(
    context: SiteContext,
    found: StoredTimeline,
    sounds: Sequence[tuple[_Sound, Path | None]],
    asked: Any,
) -> dict[str, Any]:
    """Return what the drawing of the waveform needs."""
    seconds = _length(found)
    since_s, until_s = _part(asked, seconds)
    files = [(path, one.begin_s) for one, path in sounds if path is not None and one.kind == "call"]
    caller, ivr = peaks_of_call(files, seconds)
    shown_s = until_s - since_s

    def x(at_s: float) -> float:
        return round((at_s - since_s) / shown_s * WAVE_WIDTH, 1)

    step = _nice(shown_s / TICKS)
    first = math.ceil(since_s / step)
    ticks = [(x(n * step), f"{n * step:g} s") for n in range(first, int(until_s / step) + 1)]
    marks = [
        (x(mark.at_s), mark) for mark in marks_of(found.events) if since_s <= mark.at_s <= until_s
    ]
    half = LANE / 2
    return {
        "width": WAVE_WIDTH,
        "lane": LANE,
        "seconds": round(seconds, 3),
        "since": round(since_s, 3),
        "until": round(until_s, 3),
        "has_sound": bool(files),
        "caller": outline(caller, since_s, until_s, width=WAVE_WIDTH, middle=half, height=half),
        "ivr": outline(ivr, since_s, until_s, width=WAVE_WIDTH, middle=LANE + half, height=half),
        "ticks": ticks,
        "marks": marks,
        "views": _views(since_s, until_s, seconds),
    }


def _part(asked: Any, seconds: float) -> tuple[float, float]:
    """Return the part of the call that is shown, seconds."""
    try:
        since_s = float(asked.get("from", "0")[:20])
        until_s = float(asked.get("to", "")[:20] or seconds)
    except ValueError:
        return 0.0, seconds
    if not (math.isfinite(since_s) and math.isfinite(until_s)):
        return 0.0, seconds
    since_s = min(max(0.0, since_s), seconds - SHORTEST_S)
    return max(0.0, since_s), min(max(until_s, since_s + SHORTEST_S), seconds)


def _views(since_s: float, until_s: float, seconds: float) -> list[tuple[str, str, str]]:
    """Return the other parts that one may look at: name, key, query."""
    shown_s, middle_s = until_s - since_s, (since_s + until_s) / 2
    parts = [
        ("closer", "+", middle_s - shown_s / 4, middle_s + shown_s / 4),
        ("farther", "-", middle_s - shown_s, middle_s + shown_s),
        ("back", "[", since_s - shown_s / 2, until_s - shown_s / 2),
        ("on", "]", since_s + shown_s / 2, until_s + shown_s / 2),
        ("all of it", "0", 0.0, seconds),
    ]
    found = []
    for name, key, begin_s, end_s in parts:
        begin_s, end_s = max(0.0, begin_s), min(seconds, end_s)
        if name == "back":
            end_s = min(seconds, begin_s + shown_s)
        if name == "on":
            begin_s = max(0.0, end_s - shown_s)
        found.append((name, key, f"from={begin_s:.3f}&to={end_s:.3f}"))
    return found


def _nice(step_s: float) -> float:
    """Return the next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step_s))
    return next((n * power for n in (1, 2, 5) if n * power >= step_s), 10 * power)


_MARKS = {
    "voice_start": ("voice", "VOICE_START"),
    "prompt_stopped": ("stop", "prompt stopped"),
    "result": ("words", "{text}"),
    "key": ("key", "key {key}"),
    "no_input": ("miss", "no input"),
    "no_match": ("miss", "no match"),
    "choice": ("choice", "choice {choice}"),
    "failover": ("miss", "fail-over"),
    "call_ended": ("end", "end"),
}


def marks_of(events: Sequence[Event]) -> list[WaveMark]:
    """Return what is marked on the waveform; what a secure step left out is three dots."""
    found = []
    for event in events:
        if event.event in _MARKS:
            kind, text = _MARKS[event.event]
            for key in ("text", "key", "choice"):
                text = text.replace(f"{{{key}}}", str(event.data.get(key, "...")), 1)
            found.append(WaveMark(event.at_s - events[0].at_s, kind, text))
    return found


def _told(events: Sequence[Event], *, everything: bool) -> list[tuple[float, str, str]]:
    """Return the lines of the time line: seconds, name of the event, words."""
    return [
        (event.at_s - events[0].at_s, event.event, tell_event(event.event, event.data))
        for event in events
        if everything or event.event not in QUIET or "error" in event.data
    ]


def _drawing(context: SiteContext, found: StoredTimeline) -> Markup:
    """Return the drawing of the flow with the way that the call took; empty: not known."""
    row = found.row
    steps = [str(one.data.get("step")) for one in found.events if one.event == "step"]
    steps = steps or row["path"].split(">")
    flow = _flow_of(context, row["flow"], row["version"])
    return way_drawn(flow, steps) if flow is not None else Markup()


def way_drawn(flow: Flow, steps: Sequence[str]) -> Markup:
    """Return the drawing of a flow, with a way through it marked."""
    ways = frozenset(itertools.pairwise((FLOW_START, *steps)))
    # Ours: draw_svg escapes what it writes.
    return Markup(draw_svg(flow, in_page=InPage(steps=frozenset(steps), ways=ways)))


def _flow_of(context: SiteContext, name: str, version: str) -> Flow | None:
    """Return the flow that took a call: its version, or what the file is now."""
    try:
        files = flow_source(context.database, name, version)
        if files is not None and f"{name}.yaml" in files:
            return parse_flow(files[f"{name}.yaml"], f"{name}.yaml")
        if name and "/" not in name and name not in (".", ".."):
            return load_flow(context.settings.flows_dir / f"{name}.yaml")
    except FlowError:
        return None
    return None
