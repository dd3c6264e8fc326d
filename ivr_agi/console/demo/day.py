"""Makes a day of calls of the sample flows' conversation tests, in virtual time. Shell."""

from __future__ import annotations

import bisect
import functools
import itertools
import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.errors import ConfigError
from ivr_agi.journal import Event, JournalFile
from ivr_agi.rehearsal.conversations import Loaded, load_suite, run_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ("SampleCall", "lay_out_flows", "make_day", "rehearse_samples", "retimed", "write_day")

LENGTH_S = 86_400.0
HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 18, 26, 28, 24, 18, 20, 24, 26, 24, 20, 14, 10, 8, 5, 3, 2)
"""How many calls of a day come in which hour, in proportion."""
CALLERS = 160
"""Callers; each calls once or more often."""
encode_event = msgspec.json.Encoder(enc_hook=str).encode


_GOOD = {"verdict": "good", "level_dbfs": -23.0, "longest_missing_ms": 0}


@dataclass(frozen=True)
class SampleCall:
    """A call that was rehearsed."""

    flow: str
    version: str
    events: tuple[Event, ...]


def rehearse_samples(tests: Path, voice: Callable[[str], bytes]) -> list[SampleCall]:
    """Run the conversation tests of a folder; those that play recordings are left out.

    Args:
        tests: The folder.
        voice: Says the prompts.

    Raises:
        ConfigError: There are none.
        FlowError: A file is wrong.
    """
    found = []
    for file in sorted(tests.glob("*.yaml")):
        if "_spoken" in file.stem:
            continue
        loaded = load_suite(file)
        events: dict[int, list[Event]] = {}
        run_tests(
            loaded,
            voice=voice,
            listener=functools.partial(_note, events),
        )
        found += [_sample(loaded, one) for one in events.values() if len(one) > 2]
    if not found:
        raise ConfigError("the samples are missing in this installation", path=str(tests))
    return found


def _note(events: dict[int, list[Event]], test: int, event: Event) -> None:
    events.setdefault(test, []).append(event)


def _sample(loaded: Loaded, events: list[Event]) -> SampleCall:
    return SampleCall(loaded.program.main, loaded.program.version, tuple(events))


def lay_out_flows(tests: Path, flows: Path, spool: Path) -> None:
    """Copy the sample flows to where the installation has them, and where versions are kept.

    Raises:
        FlowError: A file is wrong.
    """
    shutil.copytree(tests.parent, flows, dirs_exist_ok=True)
    for file in sorted(tests.glob("*.yaml")):
        if "_spoken" not in file.stem:
            program = load_suite(file).program
            place = spool / "flows" / program.main / program.version
            place.mkdir(parents=True, exist_ok=True)
            for name in program.flows:
                shutil.copy(flows / f"{name}.yaml", place)


def make_day(
    samples: Sequence[SampleCall], n_calls: int, until: float, seed: int = 1
) -> list[tuple[SampleCall, list[Event]]]:
    """Return calls of the day before a moment, by their begin.

    Args:
        samples: What they are copies of.
        n_calls: How many.
        until: The last call ends about then, seconds since 1970.
        seed: The same gives the same day.
    """
    rng = random.Random(seed)
    hours = list(itertools.accumulate(HOURS))
    flows = sorted({one.flow for one in samples})
    by_flow = {flow: [one for one in samples if one.flow == flow] for flow in flows}
    begins: list[float] = []
    while len(begins) < n_calls:
        hour = bisect.bisect(hours, rng.random() * hours[-1])
        begin = until - LENGTH_S + ((hour * 3600 + rng.random() * 3600) - until) % LENGTH_S
        begins.append(begin)
    day = []
    for number, begin in enumerate(sorted(begins)):
        sample = rng.choice(by_flow[rng.choice(flows)])
        length = sample.events[-1].at_s - sample.events[0].at_s
        begin = min(begin, until - length - 1)
        caller = f"0207946{rng.randrange(CALLERS):04}"
        day.append((sample, retimed(sample, f"{int(begin)}.{number}", caller, begin)))
    return day


def retimed(sample: SampleCall, call: str, caller: str, begin: float) -> list[Event]:
    """Return the events of a sample as those of another call.

    Args:
        sample: The sample.
        call: Asterisk's unique id.
        caller: The number.
        begin: Seconds since 1970; the monotonic clock is taken to have begun with them.
    """
    first = sample.events[0].at_s
    found = []
    for event in sample.events:
        data = event.data
        if event.event == "call_started":
            data = data | {"caller": caller, "flow": sample.flow, "version": sample.version}
        if event.event == "audio":  # nobody is heard in a rehearsal without audio
            data = {"received": round((event.at_s - first) * 50), "filled": 0, **_GOOD}
        at = begin + event.at_s - first
        found.append(
            Event(at_s=round(at, 6), time=round(at, 3), event=event.event, call=call, data=data)
        )
    return found


def write_day(journal: Path, calls: Sequence[Sequence[Event]]) -> None:
    """Write the calls into a journal, in the order of time."""
    events = sorted(itertools.chain.from_iterable(calls), key=lambda event: event.at_s)
    file = JournalFile(journal)
    try:
        for start in range(0, len(events), 500):
            lines = [encode_event(event) + b"\n" for event in events[start : start + 500]]
            file.append(b"".join(lines))
    finally:
        file.close()
