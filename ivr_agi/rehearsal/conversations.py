"""Conversation tests: what a caller does and what must come of it, in a YAML file."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import functools
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from ivr_agi.audio.wav import read_wav
from ivr_agi.dialogue.prompt.parts import as_written
from ivr_agi.dialogue.turn.outcomes import Pressed
from ivr_agi.errors import FlowError, IvrError
from ivr_agi.flow.load.loader import load_program, load_yaml_as
from ivr_agi.flow.run.options import told_reading
from ivr_agi.flow.run.outside import FlowRequest, Outside
from ivr_agi.flow.tools.ways import ways_out
from ivr_agi.rehearsal.caller import CallerAction, Deed
from ivr_agi.rehearsal.engines import Engines
from ivr_agi.rehearsal.spec import BargedIn, ConversationLine, Suite
from ivr_agi.rehearsal.stage import Script, Stage
from ivr_agi.rehearsal.timed_sounds import silent_speech
from ivr_agi.rehearsal.virtual import run_virtually

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from pathlib import Path

    from ivr_agi.dialogue.prompt.parts import Prompt
    from ivr_agi.dialogue.turn.outcomes import Outcome, Recorded
    from ivr_agi.flow.file.model import Program
    from ivr_agi.flow.run.options import Reading
    from ivr_agi.journal import Event
    from ivr_agi.rehearsal.spec import CannedResponse, Conversation
    from ivr_agi.rehearsal.stage import Rehearsed, RehearsedCall

__all__ = (
    "Coverage",
    "Loaded",
    "Ran",
    "Verdict",
    "load_suite",
    "run_tests",
)


@dataclass
class Coverage:
    """What of a flow the tests went through."""

    steps: Counter[str] = field(default_factory=Counter)
    ways: Counter[tuple[str, str]] = field(default_factory=Counter)

    def missing(self, program: Program) -> tuple[list[str], list[str]]:
        """Return the steps and ways (``from -> to``) that no test took."""
        flow = program.flows[program.main]
        steps = [name for name in flow.steps if not self.steps[name]]
        ways = {
            (name, target)
            for name, step in flow.steps.items()
            for target in ways_out(flow, step, commands=False).values()
        }
        return steps, sorted(f"{a} -> {b}" for a, b in ways if not self.ways[(a, b)])


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of one test."""

    name: str
    problem: str
    """Empty where it went as expected."""
    log: list[str]
    """The conversation, line by line."""
    duration_s: float = 0.0
    """Virtual seconds."""
    turns: int = 0
    """Questions of the call."""


@dataclass(frozen=True)
class Loaded:
    """A file of tests with all that belongs to it."""

    path: Path
    suite: Suite
    program: Program
    sounds: Mapping[str, bytes]
    """What callers say, s16le mono 8 kHz."""


@dataclass
class Ran:
    """What came of some tests of a file."""

    verdicts: list[Verdict] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    took_s: float = 0.0
    """Real seconds."""

    def add(self, other: Ran) -> None:
        """Take in what came of the tests after these."""
        self.verdicts += other.verdicts
        self.coverage.steps += other.coverage.steps
        self.coverage.ways += other.coverage.ways
        self.took_s += other.took_s


class _Mismatch(IvrError):
    """The conversation is not what the test says."""


def load_suite(path: Path) -> Loaded:
    """Read a file of tests.

    Raises:
        FlowError: The file or its flow is wrong.
        ConfigError: A recording cannot be read.
        MissingDependency: A recording is to be understood, and the engines are not installed.
    """
    suite: Suite = load_yaml_as(path, Suite)
    program = load_program(path.parent / suite.flow)
    sounds = {
        line.say_audio: read_wav(path.parent / line.say_audio)
        for test in suite.tests
        for line in test.talk
        if line.say_audio
    }
    if sounds:
        Engines()  # looks whether they are there
    return Loaded(path, suite, program, sounds)


def run_tests(
    loaded: Loaded,
    which: slice = slice(None),
    *,
    voice: Callable[[str], bytes] = silent_speech,
    listener: Callable[[int, Event], None] = lambda _, __: None,
) -> Ran:
    """Run tests of a file, one after the other.

    Args:
        loaded: The file.
        which: Of its tests.
        voice: Synthesises a text, s16le mono 8 kHz.
        listener: Gets every event of the journal, with the number of its test.

    Raises:
        SpeechUnavailable: The engines' process ended.
    """
    began = time.monotonic()
    tests, ran = loaded.suite.tests[which], Ran()
    with contextlib.ExitStack() as stack:
        engines = stack.enter_context(Engines()) if loaded.sounds else None
        stage = stack.enter_context(Stage(voice=voice))

        # What was said before is cached; a test of that must not depend on the tests before it.
        stages = [
            stack.enter_context(Stage(voice=voice))
            if any(line.voice for line in test.talk)
            else stage
            for test in tests
        ]

        async def run_all() -> list[Verdict]:
            return [
                await _Run(
                    where, loaded, test, ran.coverage, engines, functools.partial(listener, number)
                ).run()
                for number, (where, test) in enumerate(zip(stages, tests, strict=True))
            ]

        ran.verdicts = run_virtually(run_all())
    ran.took_s = time.monotonic() - began
    return ran


class _Run:
    """One test under way."""

    def __init__(
        self,
        stage: Stage,
        loaded: Loaded,
        test: Conversation,
        coverage: Coverage,
        engines: Engines | None,
        listener: Callable[[Event], None],
    ) -> None:
        self.listener = listener
        self.stage = stage
        self.test = test
        self.coverage = coverage
        self.sounds = loaded.sounds
        self.lines = list(_spread(test.talk))
        self.problem = ""
        self.log: list[str] = []
        self.steps: list[str] = []
        self.requests: list[str] = []
        self.answers = {url: list(_as_list(given)) for url, given in test.http.items()}
        self.said: list[str] = []
        """Since the caller's last line, as all of these."""
        self.outcomes: list[str] = []
        self.barge_ins: list[BargedIn] = []
        now = test.now or loaded.suite.now or datetime.datetime.now(datetime.UTC)
        self.script = Script(
            program=loaded.program,
            next_action=self._next_action,
            outside=Outside(
                fetch=self._fetch,
                stream=self._stream,
                invoke=self._invoke,
                converse=lambda name, _, arguments: self._invoke(name, arguments),
                wall_clock=lambda: now,
                on_match=self._note_reading,
            ),
            caller=test.caller,
            arguments=test.arguments,
            dialled=test.dialled,
            on_event=self._note,
            on_prompt=self._note_prompt,
            on_outcome=self._note_outcome,
            engines=engines if any(line.say_audio for line in test.talk) else None,
        )

    async def run(self) -> Verdict:
        flow = self.script.program.flows[self.script.program.main]
        unknown = self.test.arguments.keys() - flow.variables.keys()
        if unknown:
            reason = f"the flow has no variable {', '.join(sorted(unknown))}: nothing reads it"
            return Verdict(name=self.test.name, problem=reason, log=[])
        rehearsed = await self.stage.play(self.script)
        result = rehearsed.result
        self.log.append(f"= {result.status.value} {result.transfer or result.result}".rstrip())
        try:
            if not self.problem:
                self._check_rest()
                self._check(rehearsed)
        except _Mismatch as exc:
            self.problem = str(exc)
        return Verdict(
            name=self.test.name,
            problem=self.problem,
            log=self.log,
            duration_s=rehearsed.duration_s,
            turns=rehearsed.questions,
        )

    # The caller.

    def _next_action(self, call: RehearsedCall) -> CallerAction:
        """Look at what has come, and give the caller's next line; after a mismatch, leave."""
        try:
            while self.lines and not self.problem:
                line = self.lines.pop(0)
                if line.is_action:
                    self.log.append(f"> {_describe(line)}")
                    self.said, self.outcomes, self.barge_ins = [], [], []
                    return self._act(line)
                self._look(line, call)
        except _Mismatch as exc:
            self.problem = str(exc)
        self.log.append("> (hangs up)")
        return CallerAction(Deed.HANG_UP)

    def _act(self, line: ConversationLine) -> CallerAction:
        over_s = line.over
        if line.say is not None:
            return CallerAction(Deed.SAY, line.say, over_s)
        if line.say_audio is not None:
            return CallerAction(Deed.PLAY, over_s=over_s, pcm=self.sounds[line.say_audio])
        if line.noise is not None:
            return CallerAction(Deed.NOISE, over_s=over_s, lasts_s=line.noise)
        if line.press is not None:
            return CallerAction(Deed.PRESS, line.press, over_s)
        return CallerAction(Deed.SILENCE if line.silence else Deed.HANG_UP, over_s=over_s)

    def _look(self, line: ConversationLine, call: RehearsedCall | None) -> None:
        if line.speech is not None and call is not None:
            call.service.fail(line.speech)
        if line.voice is not None:
            self.stage.voice_is_down = line.voice == "down"
        if line.step and line.step != self.steps[-1]:
            raise _Mismatch(f"expected step {line.step!r}, the call is in {self.steps[-1]!r}")
        if line.hear and line.hear not in " ".join(self.said):
            raise _Mismatch(f"expected to hear {line.hear!r}, heard {' '.join(self.said)!r}")
        if line.outcome and line.outcome not in self.outcomes:
            got = ", ".join(self.outcomes) or "no question"
            raise _Mismatch(f"expected outcome {line.outcome.value}, there was {got}")
        if line.barge_in is BargedIn.NONE and self.barge_ins:
            raise _Mismatch(f"expected no barge-in, there was one by {self.barge_ins[0].value}")
        elif line.barge_in and line.barge_in not in (BargedIn.NONE, *self.barge_ins):
            got = ", ".join(self.barge_ins) or "none"
            raise _Mismatch(f"expected barge-in by {line.barge_in.value}, there was {got}")

    def _check_rest(self) -> None:
        for line in self.lines:
            if line.is_action:
                raise _Mismatch(f"the call ended before {_describe(line)}")
            self._look(line, None)

    # What it reaches.

    async def _fetch(self, request: FlowRequest) -> Any:
        url = unquote(request.url)
        self.requests.append(f"{request.method} {url}")
        for start, answers in self.answers.items():
            if url.startswith(start):
                return await _give(answers[0] if len(answers) == 1 else answers.pop(0))
        self.problem = self.problem or f"no answer in this test for {request.method} {url}"
        raise OSError(self.problem)

    async def _stream(self, request: FlowRequest) -> AsyncGenerator[str]:
        answer = await self._fetch(request)
        for piece in answer if isinstance(answer, list) else [answer]:
            yield str(piece)

    async def _invoke(self, name: str, arguments: Mapping[str, Any]) -> Any:
        if name not in self.test.python:
            reason = f"no answer in this test for {name} ({', '.join(arguments)})"
            self.problem = self.problem or reason
            raise FlowError(reason)
        return await _give(self.test.python[name])

    # What came of it.

    def _note(self, event: Event) -> None:
        self.listener(event)
        match event.event:
            case "step":
                self._note_step(str(event.data["step"]))
            case "result" if self.script.engines is not None:
                self.log.append(f"  (heard: {event.data.get('text', '...')})")
            case "barge_in":
                self.barge_ins.append(BargedIn.VOICE)
            case "false_barge_in":
                self.barge_ins.append(BargedIn.NOISE)

    def _note_reading(self, text: str, reading: Reading) -> None:
        """Log which words made what, or which choice they are like."""
        if reading.pieces:
            self.log.append(f"  (read: {told_reading(reading)})")
        elif reading.scores:
            told = ", ".join(f"{phrase} {score:.2f}" for phrase, score in reading.scores)
            self.log.append(f"  (read: {reading.decision.value}: {told})")

    def _note_step(self, name: str) -> None:
        if self.steps:
            self.coverage.ways[(self.steps[-1], name)] += 1
        self.coverage.steps[name] += 1
        self.steps.append(name)
        self.log.append(f"  [{name}]")

    def _note_prompt(self, prompt: Prompt) -> None:
        said = as_written(prompt)
        self.said.append(said)
        self.log.append(f"< {said}")

    def _note_outcome(self, outcome: Outcome | Recorded) -> None:
        self.outcomes.append(type(outcome).__name__)
        if isinstance(outcome, Pressed):
            began_ms, ended_ms = outcome.report.prompt_started_ms, outcome.report.prompt_ended_ms
            if began_ms is not None and ended_ms is None:
                self.barge_ins.append(BargedIn.KEY)

    def _check(self, rehearsed: Rehearsed) -> None:
        expect, result = self.test.expect, rehearsed.result
        for name in ("status", "result", "transfer"):
            wanted, got = getattr(expect, name), getattr(result, name)
            if wanted is not None and wanted != got:
                raise _Mismatch(f"expected {name} {str(wanted)!r}, got {str(got)!r} {result.error}")
        for name, value in expect.variables.items():
            got = rehearsed.variables.get(name)
            if got != value:
                raise _Mismatch(f"expected {name} {value!r}, got {got!r}")
        rest = iter(self.steps)
        for step in expect.steps:
            if step not in rest:
                raise _Mismatch(f"expected step {step!r} on the way {' > '.join(self.steps)}")
        if expect.requests and expect.requests != self.requests:
            raise _Mismatch(f"expected requests {expect.requests}, got {self.requests}")


async def _give(given: CannedResponse) -> Any:
    await asyncio.sleep(given.takes_s)
    if given.fails:
        raise OSError("fails in this test")
    return given.answer


def _as_list(given: CannedResponse | list[CannedResponse]) -> list[CannedResponse]:
    return given if isinstance(given, list) else [given]


def _spread(lines: list[ConversationLine]) -> list[ConversationLine]:
    """Write ``silence: 3`` as three lines."""
    once = ConversationLine(silence=1)
    return [item for line in lines for item in ([once] * line.silence if line.silence else [line])]


def _describe(line: ConversationLine) -> str:
    given = {key: value for key, value in msgspec.structs.asdict(line).items() if value is not None}
    return ", ".join(f"{key}: {value}" for key, value in given.items())
