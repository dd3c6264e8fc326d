"""An installation in a folder of its own, with a day of calls in it and some that go on. Shell."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.console.access.roles import Role
from ivr_agi.console.access.users import UserFile
from ivr_agi.console.demo.day import (
    SampleCall,
    encode_event,
    lay_out_flows,
    make_day,
    rehearse_samples,
    retimed,
    write_day,
)
from ivr_agi.console.demo.voices import CALLER_PITCH, pick_voice, write_recording
from ivr_agi.journal import Event, JournalFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ("DemoPlace", "keep_calling", "set_up")

CALLS = 320
RECORDED = 40
"""The newest calls have recordings."""
GOING_ON = 6
"""Calls at one time."""
USER = "demo"

_SETTINGS = """\
[paths]
flows = "flows"
spool = "spool"
[journal]
file = "journal.jsonl"
[recording]
folder = "recordings"
[store]
url = "store.sqlite3"
node = "demo"
caller_key_file = "caller.key"
[console]
listen = ""
page = "{page}"
users_file = "console.users"
"""


@dataclass(frozen=True, kw_only=True)
class DemoPlace:
    """What was set up."""

    settings: Path
    user: str
    password: str
    samples: Sequence[SampleCall]
    journal: Path
    recordings: Path
    ivr: Callable[[str], bytes]
    """Says prompts."""
    caller: Callable[[str], bytes]
    """Says callers' words."""


def set_up(folder: Path, tests: Path, page: str, *, n_calls: int = CALLS) -> DemoPlace:
    """Set up an installation with a day of calls.

    Args:
        folder: An empty folder.
        tests: Folder of the samples' conversation tests; the flows are above it.
        page: Address and port of the page.
        n_calls: How many calls the day has.

    Raises:
        ConfigError: The samples are missing.
        FlowError: One is wrong.
        OSError: The folder cannot be written.
    """
    ivr, caller = pick_voice(), pick_voice(CALLER_PITCH)
    samples = rehearse_samples(tests, ivr)
    lay_out_flows(tests, folder / "flows", folder / "spool")
    (folder / "recordings").mkdir()
    day = [events for _, events in make_day(samples, n_calls, time.time() - 60)]
    for number in range(max(0, len(day) - RECORDED), len(day)):
        name = f"{day[number][0].call}.wav"
        write_recording(folder / "recordings" / name, day[number], ivr, caller)
        day[number].insert(1, _recording(day[number][0], name))
    write_day(folder / "journal.jsonl", day)
    settings = folder / "ivr-agi.toml"
    settings.write_text(_SETTINGS.format(page=page), encoding="utf-8")
    password = secrets.token_urlsafe(12)
    UserFile(folder / "console.users").add(USER, Role.ADMINISTER, password)
    return DemoPlace(
        settings=settings,
        user=USER,
        password=password,
        samples=samples,
        journal=folder / "journal.jsonl",
        recordings=folder / "recordings",
        ivr=ivr,
        caller=caller,
    )


def _recording(first: Event, name: str) -> Event:
    return Event(
        at_s=first.at_s,
        time=first.time,
        event="call_recording",
        call=first.call,
        data={"file": name},
    )


async def keep_calling(place: DemoPlace, *, at_once: int = GOING_ON, seed: int = 2) -> None:
    """Let calls come, go on and end as the samples did, until cancelled."""
    rng = random.Random(seed)
    file = await asyncio.to_thread(JournalFile, place.journal)
    try:
        async with asyncio.TaskGroup() as tasks:
            for line in range(at_once):
                tasks.create_task(_call_again(place, file, line, rng))
    finally:
        file.close()


async def _call_again(place: DemoPlace, file: JournalFile, line: int, rng: random.Random) -> None:
    await asyncio.sleep(line * 2.0)
    while True:
        begin = time.time()
        caller = f"02079460{rng.randrange(1000):03}"
        events = retimed(rng.choice(place.samples), f"{begin:.3f}.{line}", caller, begin)
        recording = _recording(events[0], f"{events[0].call}.wav")
        events.insert(1, recording)
        for event in events:
            await asyncio.sleep(max(0.0, event.time - time.time()))
            if event.event == "call_ended":
                path = place.recordings / recording.data["file"]
                await asyncio.to_thread(write_recording, path, events, place.ivr, place.caller)
            await asyncio.to_thread(file.append, encode_event(event) + b"\n")
        await asyncio.sleep(rng.uniform(1, 10))
