"""``ivr-agi bench turn``: how soon a prompt is silent, and how soon one is heard. Asyncio shell.

The whole program is measured: server, plugin and line are processes of their own. The caller talks
over prompts, which are a tone, so that every frame of them is heard; the words are spoken at random
moments; after each menu something new is said, so that no cache has it.
"""

from __future__ import annotations

import asyncio
import random
import sys
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S
from ivr_agi.audio.levels import is_audible
from ivr_agi.bench.installation import BenchInstallation
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.bench.signals import ACCOUNT_BALANCE, TECHNICAL_SUPPORT, tone
from ivr_agi.demo.run import check_demo_packages, local_speech_server
from ivr_agi.simulator.call import simulate_call
from ivr_agi.simulator.caller import PlayVoice
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ivr_agi.journal import Event

__all__ = (
    "PROMPT_S",
    "VOICES",
    "ObservedCall",
    "TalkingPhone",
    "TurnsPlan",
    "measure",
    "run_turns",
    "talk",
    "turn_flows",
    "turn_rows",
    "turns_flow",
)

TURNS_PER_CALL = 20
SECONDS_PER_TURN = 15.0
"""At most, if nothing goes as it should."""
PROMPT_S = 4.0
EARLIEST_S, LATEST_S = 0.0, 1.8
"""When the caller begins to talk, after the prompt's begin: it is heard before the prompt ends."""
VOICES = (ACCOUNT_BALANCE, TECHNICAL_SUPPORT)
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


@dataclass(frozen=True)
class TurnsPlan:
    """How much to measure."""

    turns: int = 200
    calls: int = 2
    """At the same time: more are quicker done, and disturb each other."""
    seed: int = 1

    def batches(self) -> list[list[tuple[int, int]]]:
        """Number and turns of each call, in groups that run at the same time."""
        lengths = [
            min(TURNS_PER_CALL, self.turns - at) for at in range(0, self.turns, TURNS_PER_CALL)
        ]
        numbered = list(enumerate(lengths))
        return [numbered[at : at + self.calls] for at in range(0, len(numbered), self.calls)]


async def run_turns(plan: TurnsPlan, say: Callable[[str], None]) -> list[Row]:
    """Measure over the simulator; ``say`` takes a line of progress.

    Raises:
        MissingDependency: The extra ``local`` is not installed.
        SpeechError: The local speech server does not start.
        TimeoutError: A call went wrong.
    """
    check_demo_packages()
    with TemporaryDirectory(prefix="ivr-agi-bench-") as folder:
        async with local_speech_server() as url:
            (Path(folder) / "tone.sln").write_bytes(tone(PROMPT_S))
            prompt = f"{folder}/tone"
            program = BenchInstallation(Path(folder) / "program", url, turn_flows(plan, prompt))
            await program.sync_vocabularies()
            turns: list[dict[str, float]] = []
            for batch in plan.batches():
                say(f"{len(turns)} of {plan.turns} turns")
                called = [_simulate(program, number, n, plan.seed) for number, n in batch]
                for observed in await asyncio.gather(*called):
                    turns += measure(observed)
    return turn_rows(turns)


def turn_flows(plan: TurnsPlan, prompt: str) -> dict[str, str]:
    """Return the flow of each call, by name; ``prompt`` is what its menus play."""
    return {
        f"turns{number}": turns_flow(prompt, n, first_number=number * TURNS_PER_CALL)
        for batch in plan.batches()
        for number, n in batch
    }


@dataclass(frozen=True)
class _SimulatedPhone:
    line: PhoneLine

    @property
    def uniqueid(self) -> str:
        return self.line.call.uniqueid

    def say(self, pcm: bytes) -> None:
        self.line.caller.do(PlayVoice("voice", pcm))


async def _simulate(
    program: BenchInstallation, number: int, n_turns: int, seed: int
) -> ObservedCall:
    config = str(program.host / "ivr-agi.toml")
    incoming = IncomingCall(
        script="ivr-agi",
        arguments=("call", f"turns{number}", "--config", config),
        uniqueid=f"{number}.1",
    )
    line = PhoneLine(incoming, SoundFolder(program.host))
    phone = _SimulatedPhone(line)
    async with asyncio.TaskGroup() as tasks:
        limit_s = n_turns * SECONDS_PER_TURN
        command = [sys.executable, "-m", "ivr_agi"]
        calling = tasks.create_task(simulate_call(command, line, deadline_s=limit_s))
        await talk(phone, program, n_turns, seed + number)
        call = await calling
    heard, began_at = bytes(call.recording.ivr_pcm), call.recording.started_at
    return ObservedCall(
        events=program.events(phone),
        heard=[
            began_at + at // FRAME_BYTES * FRAME_S
            for at in range(0, len(heard), FRAME_BYTES)
            if is_audible(heard[at : at + FRAME_BYTES])
        ],
        onsets=[
            event.at - FRAME_S  # a frame is spoken in the 20 ms before it leaves
            for event in call.events
            if event.kind is CallEventKind.VOICE_STARTED
        ],
        commands=[e.at for e in call.events if e.kind is CallEventKind.COMMAND_RECEIVED],
    )


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


class TalkingPhone(Protocol):
    """A call, as far as somebody talks on it."""

    @property
    def uniqueid(self) -> str:
        """``agi_uniqueid``."""
        ...

    def say(self, pcm: bytes) -> None:
        """Speak, from the next frame on."""
        ...


async def talk(call: TalkingPhone, program: BenchInstallation, n_turns: int, seed: int) -> None:
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
class ObservedCall:
    """One call: what the plugin wrote, what the caller heard; monotonic seconds."""

    events: Sequence[Event]
    """The journal's."""
    heard: Sequence[float]
    """When each audible frame of 20 ms came, in order."""
    onsets: Sequence[float]
    """When each of the caller's sentences began."""
    commands: Sequence[float] = ()
    """When Asterisk got each command, where that can be seen."""


def measure(call: ObservedCall) -> list[dict[str, float]]:
    """Seconds of each turn, by name of the row; without those that did not come to pass."""
    started = [event for event in call.events if event.event == "prompt_started"]
    turns = []
    for number, onset_at in enumerate(call.onsets):
        asked, *told = started[2 * number : 2 * number + 2]
        until = told[0].at_s if told else float("inf")
        within = [event for event in call.events if asked.at_s <= event.at_s < until]
        turns.append(_stop(call, within, onset_at) | _sound(call, within))
    return turns


def _stop(call: ObservedCall, events: Sequence[Event], onset_at: float) -> dict[str, float]:
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


def _sound(call: ObservedCall, events: Sequence[Event]) -> dict[str, float]:
    """What was synthesised: its first audio came before the prompt's start was written."""
    came = [event.at_s for event in events if event.event == "synthesis_first_audio"]
    if not came:
        return {}
    heard = call.heard[bisect_left(call.heard, came[-1]) :]
    is_soon = bool(heard) and heard[0] - came[-1] < SOUND_WITHIN_S
    return {CHUNK_TO_SOUND: heard[0] - came[-1]} if is_soon else {}


def turn_rows(turns: Sequence[dict[str, float]]) -> list[Row]:
    """The table of measured turns, with the worst of each, and how many did not come to pass."""
    found = []
    for name, (target, meaning) in _ROWS.items():
        samples = [1000 * turn[name] for turn in turns if name in turn]
        if samples:
            meaning = f"{meaning}; at most {max(samples):.0f} ms"
            found.append(row(name, "ms", samples, target, meaning))
    missed = sum(START_TO_SILENCE not in turn for turn in turns)
    share = 100 * missed / max(1, len(turns))
    meaning = f"turns of {len(turns)} in which the voice did not stop the prompt"
    return [*found, row("turns_missed", "%", [share], meaning=meaning)]
