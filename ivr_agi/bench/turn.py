"""``ivr-agi bench turn``: how soon a prompt is silent, and how soon one is heard. Asyncio shell.

The whole program is measured: server, plugin and line are processes of their own. The caller talks
over prompts; see :mod:`ivr_agi.bench.turns`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.asterisk.ami import Ami
from benchmarks.asterisk.caller import Caller
from benchmarks.asterisk.chroot import Unavailable, prepared
from benchmarks.asterisk.installation import Installation
from benchmarks.asterisk.instance import HOME, AsteriskInstance
from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.audio.levels import is_audible
from ivr_agi.bench.sounds import onset_s, tone
from ivr_agi.bench.turns import (
    FRAME_S,
    PROMPT_S,
    VOICES,
    Observed,
    measure,
    rows,
    talk,
    turns_flow,
)
from ivr_agi.demo.run import check_packages, local_speech_server
from ivr_agi.simulator.call import simulate_call
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.script import Say
from ivr_agi.simulator.sounds import SoundFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.asterisk.caller import Call
    from ivr_agi.bench.report import Row

__all__ = ("Plan", "Here", "onsets_of", "run", "run_on_asterisk")

TURNS_PER_CALL = 20
SECONDS_PER_TURN = 15.0
"""At most, if nothing goes as it should."""
HANG_UP_S = 30.0


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

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


class Here:
    """The machine itself, as a place of an installation."""

    def host(self, inside: str) -> Path:
        """The same path."""
        return Path(inside)


async def run(plan: Plan, say: Callable[[str], None]) -> list[Row]:
    """Measure over the simulator; ``say`` takes a line of progress.

    Raises:
        MissingDependency: The extra ``local`` is not installed.
        SpeechError: The local speech server does not start.
        TimeoutError: A call went wrong.
    """
    check_packages()
    with TemporaryDirectory(prefix="ivr-agi-bench-") as folder:
        async with local_speech_server() as url:
            (Path(folder) / "tone.sln").write_bytes(tone(PROMPT_S))
            prompt = f"{folder}/tone"
            program = Installation(Here(), f"{folder}/program", url, _flows(plan, prompt))
            await program.sync_vocabularies()
            turns: list[dict[str, float]] = []
            for batch in plan.batches():
                say(f"{len(turns)} of {plan.turns} turns")
                called = [_simulate(program, number, n, plan.seed) for number, n in batch]
                for observed in await asyncio.gather(*called):
                    turns += measure(observed)
    return rows(turns)


def _flows(plan: Plan, prompt: str) -> dict[str, str]:
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
        self.line.caller.do(Say("voice", pcm))


async def _simulate(program: Installation, number: int, n_turns: int, seed: int) -> Observed:
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
    return Observed(
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


# On a real Asterisk.


def run_on_asterisk(plan: Plan, say: Callable[[str], None]) -> list[Row]:
    """Measure on a real Asterisk, which is fetched at the first time; the callers' side of it.

    Raises:
        Unavailable: This machine cannot run it, or it did not start.
        IvrError: Something else is missing, or went wrong.
        TimeoutError: A call went wrong.
    """
    check_packages()
    say("Asterisk is started (at the first time it is fetched, 600 MB)")
    try:
        with _asterisk() as instance:
            return asyncio.run(_call_asterisk(instance, plan, say))
    except RuntimeError as exc:
        raise Unavailable(str(exc)) from exc


@contextlib.contextmanager
def _asterisk() -> Iterator[AsteriskInstance]:
    with prepared() as chroot:
        instance = AsteriskInstance(chroot)
        instance.start()
        try:
            yield instance
        finally:
            instance.stop()


async def _call_asterisk(
    instance: AsteriskInstance, plan: Plan, say: Callable[[str], None]
) -> list[Row]:
    (instance.home / "sounds/tone.sln").write_bytes(tone(PROMPT_S))
    flows = _flows(plan, f"{HOME}/sounds/tone")
    turns: list[dict[str, float]] = []
    async with (
        local_speech_server() as url,
        await Ami.connect(instance.ami_port, instance.ami_secret) as ami,
        Caller(ami) as caller,
    ):
        program = Installation(instance.chroot, f"{HOME}/bench", url, flows)
        await program.sync_vocabularies()
        for batch in plan.batches():
            say(f"{len(turns)} of {plan.turns} turns")
            called = [_call(caller, program, number, n, plan.seed) for number, n in batch]
            for observed in await asyncio.gather(*called):
                turns += measure(observed)
    return rows(turns)


async def _call(
    caller: Caller, program: Installation, number: int, n_turns: int, seed: int
) -> Observed:
    async with caller.call("100", variables=program.variables(f"turns{number}")) as call:
        await talk(call, program, n_turns, seed + number)
        await call.ended(HANG_UP_S)
    return Observed(
        events=program.events(call),
        heard=[frame.at for frame in call.frames if frame.is_audible],
        onsets=onsets_of(call, n_turns),
    )


def onsets_of(call: Call, n_turns: int) -> list[float]:
    """When each of the caller's sentences began: frames are spoken in the 20 ms before they leave.

    Args:
        call: A call on which :func:`ivr_agi.bench.turns.talk` has talked.
        n_turns: How often.
    """
    onsets, before = [], 0
    for turn in range(n_turns):
        voice = VOICES[turn % len(VOICES)]
        frame, within_s = divmod(onset_s(voice), FRAME_S)
        onsets.append(call.said_frames[before + int(frame)].at - FRAME_S + within_s)
        before += -(-len(voice) // FRAME_BYTES)
    return onsets
