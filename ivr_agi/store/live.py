"""The calls that go on now, by the journal's end: what no database has yet. Shell."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.journal import sealed_files
from ivr_agi.store.batch import LineSorter
from ivr_agi.store.reader import JournalReader, ReadPlace, file_name_of, first_line_of

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.journal import Event

__all__ = ("CallNow", "calls_now", "open_calls")

DEAD_AFTER_S = 60.0
"""A call that is older than its deadline by more than this has died without an end."""


@dataclass(frozen=True)
class CallNow:
    """A call that goes on."""

    call: str
    """Asterisk's unique id."""
    caller: str
    flow: str
    step: str
    seconds: float
    waits_for: str
    """What happens now, in words."""
    words: str
    """The caller's last words; empty: none yet, or they are a secret."""


def open_calls(journal: Path, since: float) -> list[list[Event]]:
    """Return the events of each call that has no end.

    Args:
        journal: The journal file.
        since: Files that were not written since then, seconds since 1970, are not read.
    """
    places = {}
    for file in sealed_files(journal):
        with contextlib.suppress(OSError):
            line = first_line_of(file)
            if line is not None and file.stat().st_mtime < since:
                places[file_name_of(line)] = ReadPlace(file.name, file.stat().st_size)
    reader, sorter = JournalReader(journal, places), LineSorter(lambda _: False)
    while (block := reader.next_block()) is not None:
        sorter.take(block.lines)
        reader.commit(block, 0)
    return [call.events for call in sorter.open_calls]


def calls_now(calls: list[list[Event]], *, now: float, deadline_s: float) -> list[CallNow]:
    """Return calls that go on, the longest first.

    Args:
        calls: Events of each call that has no end.
        now: Seconds since 1970.
        deadline_s: No call is longer.
    """
    found = []
    for events in calls:
        begin = events[0]
        if begin.event != "call_started" or now - begin.time > deadline_s + DEAD_AFTER_S:
            continue
        data = begin.data
        found.append(
            CallNow(
                call=begin.call,
                caller=data.get("caller", ""),
                flow=data.get("flow") or data.get("script") or "",
                step=_last(events, ("step",), "step"),
                seconds=round(max(0.0, now - begin.time), 1),
                waits_for=_waits_for(events),
                words=_last(events, ("interim", "result", "outcome"), "text"),
            )
        )
    return sorted(found, key=lambda call: -call.seconds)


_WAITS = {
    "prompt_started": "hears a prompt",
    "prompt_resumed": "hears a prompt",
    "prompt_ended": "is listened to",
    "prompt_stopped": "talks",
    "voice_start": "talks",
    "voice_end": "the service's last words",
    "interim": "talks",
    "key": "presses keys",
    "outcome": "the flow",
    "step": "the flow, or a service",
    "http": "a service",
    "failover": "another endpoint",
    "keys_only": "keys: speech is down",
}


def _last(events: list[Event], kinds: tuple[str, ...], key: str) -> str:
    """Return a field of the newest event of some kinds that has it; empty: none has."""
    for event in reversed(events):
        if event.event in kinds and event.data.get(key):
            return str(event.data[key])
    return ""


def _waits_for(events: list[Event]) -> str:
    return next((_WAITS[one.event] for one in reversed(events) if one.event in _WAITS), "the flow")
