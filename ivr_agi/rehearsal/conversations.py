"""Conversation tests: what a caller does and what must come of it, in a YAML file."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from ivr_agi.audio.wav import read_wav
from ivr_agi.dialogue.outcomes import Pressed
from ivr_agi.dialogue.parts import as_written
from ivr_agi.errors import FlowError, IvrError
from ivr_agi.flow.call import Outside, Request
from ivr_agi.flow.lint import ways_out
from ivr_agi.flow.loader import load_program, load_yaml_as
from ivr_agi.flow.results import Status
from ivr_agi.flow.spec import Spec
from ivr_agi.rehearsal.caller import Action, Deed
from ivr_agi.rehearsal.engines import Engines
from ivr_agi.rehearsal.service import Fault
from ivr_agi.rehearsal.stage import Script, Stage
from ivr_agi.rehearsal.virtual import run_virtually

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ivr_agi.dialogue.outcomes import Outcome, Recorded
    from ivr_agi.dialogue.prompts import Prompt
    from ivr_agi.flow.model import Program
    from ivr_agi.journal import Event
    from ivr_agi.rehearsal.stage import Call, Rehearsed

__all__ = (
    "Answer",
    "BargedIn",
    "Conversation",
    "Coverage",
    "Expected",
    "Line",
    "OutcomeName",
    "Suite",
    "Verdict",
    "run_suite",
)

_ACTIONS = ("say", "say_audio", "noise", "press", "silence", "hang_up")
"""Keys of a line that are the caller's doing."""
_CHECKS = ("hear", "step", "outcome", "barge_in", "speech", "voice")
"""Keys that look at what has come, or change the service."""


class OutcomeName(enum.StrEnum):
    """What a question came to."""

    HEARD = "Heard"
    PRESSED = "Pressed"
    NO_INPUT = "NoInput"
    TOO_MUCH_SPEECH = "TooMuchSpeech"
    HUNG_UP = "HungUp"
    SPEECH_DOWN = "SpeechDown"
    RECORDED = "Recorded"


class BargedIn(enum.StrEnum):
    """What the prompt of a question was interrupted by."""

    VOICE = "voice"
    """Words: it was stopped for good."""
    KEY = "key"
    NOISE = "noise"
    """A voice without words: it was stopped, and went on."""
    NONE = "none"
    """Nothing: it was played to its end."""


class Line(Spec, frozen=True, kw_only=True):
    """One line of a conversation: one key, and ``over`` beside what the caller does."""

    hear: str | None = None
    """A part of what was said to the caller since the last line of theirs."""
    step: str | None = None
    """The step that asks now."""
    outcome: OutcomeName | None = None
    """What a question has come to since the caller's last line."""
    barge_in: BargedIn | None = None
    """What has interrupted a prompt since then."""
    say: str | None = None
    """The caller's words."""
    say_audio: str | None = None
    """A WAV file of them (8 kHz, 16 bit, mono), from this file's folder: the local speech engines
    hear what they hear."""
    noise: Annotated[float, Meta(gt=0, le=10)] | None = None
    """A cough of so many seconds; the next line of the caller belongs to the same question."""
    press: str | None = None
    """The caller's keys."""
    silence: Annotated[int, Meta(ge=1, le=100)] | None = None
    """The caller says nothing, so many times."""
    hang_up: bool | None = None
    """The caller leaves."""
    over: Annotated[float, Meta(ge=0, le=120)] | None = None
    """With what the caller does: so many seconds after the prompt's begin, not after its end."""
    speech: Fault | None = None
    """The speech service fails from here on (``down``, ``refused``, ``dies``, ``frozen``), or works
    again (``up``)."""
    voice: Annotated[str, Meta(pattern="^(up|down)$")] | None = None
    """The same of the synthesis."""

    def __post_init__(self) -> None:
        given = [name for name in (*_ACTIONS, *_CHECKS) if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"expected one of {', '.join((*_ACTIONS, *_CHECKS))}")
        if self.over is not None and given[0] not in _ACTIONS:
            raise ValueError(f"over belongs to one of {', '.join(_ACTIONS)}")

    @property
    def is_action(self) -> bool:
        """It is the caller's doing."""
        return any(getattr(self, name) is not None for name in _ACTIONS)


class Answer(Spec, frozen=True, kw_only=True):
    """What a service answers in a test."""

    answer: Any = None
    """JSON, or what a Python function returns."""
    fails: bool = False
    """There is no answer."""
    takes_s: float = 0.0
    """How long it takes, virtual seconds."""


class Expected(Spec, frozen=True, kw_only=True):
    """What must come of a conversation; what is not named does not matter."""

    status: Status | None = None
    result: str | None = None
    transfer: str | None = None
    variables: dict[str, str] = {}
    """Channel variables, by full name."""
    steps: list[str] = []
    """Steps that must come in this order; others may be between."""
    requests: list[str] = []
    """``METHOD url`` of every HTTP request, in order."""


class Conversation(Spec, frozen=True, kw_only=True):
    """One test."""

    name: str
    talk: list[Line] = []
    expect: Expected = Expected()
    now: datetime.datetime | None = None
    """The time of the call."""
    caller: dict[str, str] = {}
    """``number``, ``name``, ``called``."""
    arguments: dict[str, Any] = {}
    """Variables at the start."""
    http: dict[str, Answer | list[Answer]] = {}
    """Beginning of a URL -> the answer, or one answer after the other."""
    python: dict[str, Answer] = {}
    """``module:function`` -> what it returns."""


class Suite(Spec, frozen=True, kw_only=True):
    """A file of tests."""

    flow: str
    """The flow's file, from this file's folder."""
    tests: list[Conversation]
    now: datetime.datetime | None = None
    """The time of every call that names none."""


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
    duration_s: float
    """Virtual seconds."""


class _Mismatch(IvrError):
    """The conversation is not what the test says."""


def run_suite(path: Path) -> tuple[Program, list[Verdict], Coverage]:
    """Run a file of tests.

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
    coverage = Coverage()
    with contextlib.ExitStack() as stack:
        engines = stack.enter_context(Engines()) if sounds else None
        stage = stack.enter_context(Stage())

        # What was said before is cached; a test of that must not depend on the tests before it.
        stages = [
            stack.enter_context(Stage()) if any(line.voice for line in test.talk) else stage
            for test in suite.tests
        ]

        async def run_all() -> list[Verdict]:
            return [
                await _Run(where, program, suite, test, coverage, sounds, engines).run()
                for where, test in zip(stages, suite.tests, strict=True)
            ]

        return program, run_virtually(run_all()), coverage


class _Run:
    """One test under way."""

    def __init__(
        self,
        stage: Stage,
        program: Program,
        suite: Suite,
        test: Conversation,
        coverage: Coverage,
        sounds: Mapping[str, bytes],
        engines: Engines | None,
    ) -> None:
        self.stage = stage
        self.test = test
        self.coverage = coverage
        self.sounds = sounds
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
        now = test.now or suite.now or datetime.datetime.now(datetime.UTC)
        self.script = Script(
            program=program,
            next_action=self._next_action,
            outside=Outside(fetch=self._fetch, invoke=self._invoke, wall_clock=lambda: now),
            caller=test.caller,
            arguments=test.arguments,
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
            return Verdict(name=self.test.name, problem=reason, log=[], duration_s=0.0)
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
        )

    # The caller.

    def _next_action(self, call: Call) -> Action:
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
        return Action(Deed.HANG_UP)

    def _act(self, line: Line) -> Action:
        over_s = line.over
        if line.say is not None:
            return Action(Deed.SAY, line.say, over_s)
        if line.say_audio is not None:
            return Action(Deed.PLAY, over_s=over_s, pcm=self.sounds[line.say_audio])
        if line.noise is not None:
            return Action(Deed.NOISE, over_s=over_s, lasts_s=line.noise)
        if line.press is not None:
            return Action(Deed.PRESS, line.press, over_s)
        return Action(Deed.SILENCE if line.silence else Deed.HANG_UP, over_s=over_s)

    def _look(self, line: Line, call: Call | None) -> None:
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

    async def _fetch(self, request: Request) -> Any:
        url = unquote(request.url)
        self.requests.append(f"{request.method} {url}")
        for start, answers in self.answers.items():
            if url.startswith(start):
                return await _give(answers[0] if len(answers) == 1 else answers.pop(0))
        self.problem = self.problem or f"no answer in this test for {request.method} {url}"
        raise OSError(self.problem)

    async def _invoke(self, name: str, arguments: Mapping[str, Any]) -> Any:
        if name not in self.test.python:
            reason = f"no answer in this test for {name} ({', '.join(arguments)})"
            self.problem = self.problem or reason
            raise FlowError(reason)
        return await _give(self.test.python[name])

    # What came of it.

    def _note(self, event: Event) -> None:
        match event.event:
            case "step":
                self._note_step(str(event.data["step"]))
            case "result" if self.script.engines is not None:
                self.log.append(f"  (heard: {event.data.get('text', '...')})")
            case "barge_in":
                self.barge_ins.append(BargedIn.VOICE)
            case "false_barge_in":
                self.barge_ins.append(BargedIn.NOISE)

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


async def _give(given: Answer) -> Any:
    await asyncio.sleep(given.takes_s)
    if given.fails:
        raise OSError("fails in this test")
    return given.answer


def _as_list(given: Answer | list[Answer]) -> list[Answer]:
    return given if isinstance(given, list) else [given]


def _spread(lines: list[Line]) -> list[Line]:
    """Write ``silence: 3`` as three lines."""
    once = Line(silence=1)
    return [item for line in lines for item in ([once] * line.silence if line.silence else [line])]


def _describe(line: Line) -> str:
    given = {key: value for key, value in msgspec.structs.asdict(line).items() if value is not None}
    return ", ".join(f"{key}: {value}" for key, value in given.items())
