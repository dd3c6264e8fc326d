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
        steps = [event.data.get("step", "") for event in events if event.event == "step"]
        data = begin.data
        found.append(
            CallNow(
                call=begin.call,
                caller=data.get("caller", ""),
                flow=data.get("flow") or data.get("script") or "",
                step=steps[-1] if steps else "",
                seconds=round(max(0.0, now - begin.time), 1),
                waits_for=_waits_for(events),
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


def _waits_for(events: list[Event]) -> str:
    return next((_WAITS[one.event] for one in reversed(events) if one.event in _WAITS), "the flow")
