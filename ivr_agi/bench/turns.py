"""Turns to be measured: menus that a caller talks over, and how long each part of one took.

The prompts are a tone, so that every frame of them is heard; the words are spoken at random
moments; after each menu something new is said, so that no cache has it. The same over the simulator
and on a real Asterisk.
"""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ivr_agi.bench.report import Row, Target, row
from ivr_agi.bench.sounds import ACCOUNT_BALANCE, TECHNICAL_SUPPORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.asterisk.installation import Installation
    from ivr_agi.journal import Event

__all__ = ("PROMPT_S", "VOICES", "Observed", "Phone", "measure", "rows", "talk", "turns_flow")

PROMPT_S = 4.0
EARLIEST_S, LATEST_S = 0.0, 1.8
"""When the caller begins to talk, after the prompt's begin: it is heard before the prompt ends."""
VOICES = (ACCOUNT_BALANCE, TECHNICAL_SUPPORT)
FRAME_S = 0.02
SOUND_WITHIN_S = 2.0

START_TO_COMMAND = "voice_start_to_command"
START_TO_CONFIRMED = "voice_start_to_confirmed"
START_TO_SILENCE = "voice_start_to_silence"
ONSET_TO_START = "onset_to_voice_start"
ONSET_TO_SILENCE = "onset_to_silence"
CHUNK_TO_SOUND = "tts_chunk_to_sound"

_ROWS = {
    START_TO_COMMAND: (
        Target(p50=1, p99=5),
        "VOICE_START at the plugin until Asterisk has read the stop: ours, the pipe, its waking up",
    ),
    START_TO_CONFIRMED: (Target(), "VOICE_START at the plugin until Asterisk has confirmed it"),
    START_TO_SILENCE: (
        Target(p99=40),
        "VOICE_START at the plugin until the caller has heard the last of the prompt",
    ),
    ONSET_TO_START: (Target(), "the caller's first sound until VOICE_START at the plugin"),
    ONSET_TO_SILENCE: (
        Target(p50=150, p95=250),
        "the caller's first sound until the caller has heard the last of the prompt",
    ),
    CHUNK_TO_SOUND: (
        Target(p99=60),
        "first synthesised audio at the plugin until the caller hears the first of it",
    ),
}


def turns_flow(prompt: str, n_turns: int, *, first_number: int = 0) -> str:
    """A flow of menus over a recording; after each it says a number, beginning with the first."""
    steps = []
    for turn in range(n_turns):
        after = f"ask{turn + 1}" if turn + 1 < n_turns else "done"
        steps.append(f"""
  ask{turn}:
    do: menu
    prompt: {{recording: {prompt}}}
    choices:
      - {{words: [account balance], go: tell{turn}}}
      - {{words: [technical support], go: tell{turn}}}
    no_input: {{after: 1, go: tell{turn}}}
    no_match: {{after: 1, go: tell{turn}}}
  tell{turn}:
    do: say
    prompt: Number {first_number + turn}.
    go: {after}""")
    return "start: ask0\nlimits: {turns: 500}\nsteps:" + "".join(steps) + "\n  done: {do: hangup}\n"


class Phone(Protocol):
    """A call, as far as somebody talks on it."""

    @property
    def uniqueid(self) -> str:
        """``agi_uniqueid``."""
        ...

    def say(self, pcm: bytes) -> None:
        """Speak, from the next frame on."""
        ...


async def talk(call: Phone, program: Installation, n_turns: int, seed: int) -> None:
    """In each turn say something over the prompt, at a random moment.

    Raises:
        TimeoutError: A turn did not come.
    """
    chance = random.Random(seed)
    for turn in range(n_turns):
        await program.wait_for(call, "prompt_started", 2 * turn + 1)
        await asyncio.sleep(chance.uniform(EARLIEST_S, LATEST_S))
        call.say(VOICES[turn % len(VOICES)])


@dataclass(frozen=True, kw_only=True)
class Observed:
    """One call: what the plugin wrote, what the caller heard; monotonic seconds."""

    events: Sequence[Event]
    """The journal's."""
    heard: Sequence[float]
    """When each audible frame of 20 ms came, in order."""
    onsets: Sequence[float]
    """When each of the caller's sentences began."""
    commands: Sequence[float] = ()
    """When Asterisk got each command, where that can be seen."""


def measure(call: Observed) -> list[dict[str, float]]:
    """Seconds of each turn, by name of the row; without those that did not come to pass."""
    started = [event for event in call.events if event.event == "prompt_started"]
    turns = []
    for number, onset_at in enumerate(call.onsets):
        asked, *told = started[2 * number : 2 * number + 2]
        until = told[0].at_s if told else float("inf")
        within = [event for event in call.events if asked.at_s <= event.at_s < until]
        turns.append(_stop(call, within, onset_at) | _sound(call, within))
    return turns


def _stop(call: Observed, events: Sequence[Event], onset_at: float) -> dict[str, float]:
    """The last stop of the prompt: one before it may have been for nothing."""
    stops = [event for event in events if event.event == "prompt_stopped"]
    if not stops:
        return {}
    stop = stops[-1]
    voices = [e.at_s for e in events if e.event == "voice_start" and e.at_s <= stop.at_s]
    heard = call.heard[bisect_left(call.heard, events[0].at_s) :]
    heard = heard[: bisect_left(heard, events[-1].at_s)]
    if not voices or not heard:
        return {}
    voice_at, silent_at = voices[-1], heard[-1] + FRAME_S
    times = {
        START_TO_CONFIRMED: stop.at_s - voice_at,
        START_TO_SILENCE: max(0.0, silent_at - voice_at),
        ONSET_TO_START: voice_at - onset_at,
        ONSET_TO_SILENCE: silent_at - onset_at,
    }
    following = call.commands[bisect_left(call.commands, voice_at) :]
    return ({START_TO_COMMAND: following[0] - voice_at} if following else {}) | times


def _sound(call: Observed, events: Sequence[Event]) -> dict[str, float]:
    """What was synthesised: its first audio came before the prompt's start was written."""
    came = [event.at_s for event in events if event.event == "synthesis_first_audio"]
    if not came:
        return {}
    heard = call.heard[bisect_left(call.heard, came[-1]) :]
    is_soon = bool(heard) and heard[0] - came[-1] < SOUND_WITHIN_S
    return {CHUNK_TO_SOUND: heard[0] - came[-1]} if is_soon else {}


def rows(turns: Sequence[dict[str, float]]) -> list[Row]:
    """The table of measured turns, with the worst of each, and how many did not come to pass."""
    found = []
    for name, (target, meaning) in _ROWS.items():
        samples = [1000 * turn[name] for turn in turns if name in turn]
        if samples:
            meaning = f"{meaning}; at most {max(samples):.0f}"
            found.append(row(name, "ms", samples, target, meaning))
    missed = sum(START_TO_SILENCE not in turn for turn in turns)
    share = 100 * missed / max(1, len(turns))
    meaning = f"of {len(turns)}: the voice did not stop the prompt"
    return [*found, row("turns_missed", "%", [share], meaning=meaning)]
