"""Conversation tests: what a caller does and what must come of it, in a YAML file."""

from __future__ import annotations

import asyncio
import datetime
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from ivr_agi.dialogue.plan import TurnPlan
from ivr_agi.errors import FlowError, IvrError
from ivr_agi.flow.call import Outside, Request
from ivr_agi.flow.engine import FlowEngine, FlowResult
from ivr_agi.flow.lint import ways_out
from ivr_agi.flow.loader import load_program, load_yaml_as
from ivr_agi.flow.rehearsal import HANG_UP, Action, PaperCaller
from ivr_agi.flow.results import Status
from ivr_agi.flow.spec import Spec
from ivr_agi.flow.virtual import run_virtually
from ivr_agi.journal import Event, Journal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ivr_agi.flow.model import Program

__all__ = (
    "Answer",
    "Conversation",
    "Coverage",
    "Expected",
    "Line",
    "Suite",
    "Verdict",
    "run_suite",
)


class Line(Spec, frozen=True, kw_only=True):
    """One line of a conversation; exactly one key (``press`` and ``say`` end the caller's wait)."""

    hear: str | None = None
    """A part of what was said to the caller since the last line of theirs."""
    step: str | None = None
    """The step that asks now."""
    say: str | None = None
    """The caller's words."""
    press: str | None = None
    """The caller's keys."""
    silence: int | None = None
    """The caller says nothing, so many times."""
    hang_up: bool | None = None
    """The caller leaves."""
    speech: str | None = None
    """``down`` or ``up``: the speech service fails, or works again."""


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
    """
    suite: Suite = load_yaml_as(path, Suite)
    program = load_program(path.parent / suite.flow)
    coverage = Coverage()
    verdicts = [run_virtually(_Run(program, suite, test, coverage).run()) for test in suite.tests]
    return program, verdicts, coverage


class _Run:
    """One test under way."""

    def __init__(
        self, program: Program, suite: Suite, test: Conversation, coverage: Coverage
    ) -> None:
        self.test = test
        self.coverage = coverage
        self.lines = list(_spread(test.talk))
        self.log: list[str] = []
        self.steps: list[str] = []
        self.requests: list[str] = []
        self.answers = {url: list(_as_list(given)) for url, given in test.http.items()}
        self.caller = PaperCaller(self._act)
        now = test.now or suite.now or datetime.datetime.now(datetime.UTC)
        self.engine = FlowEngine(
            program,
            self.caller,
            Journal(listener=self._note),
            plan=TurnPlan(),
            min_score=0.0,
            vocabularies={},
            caller={"number": "", "name": "", "called": "", **test.caller},
            outside=Outside(fetch=self._fetch, invoke=self._invoke, wall_clock=lambda: now),
        )

    async def run(self) -> Verdict:
        problem, result = "", None
        try:
            result = await self.engine.run(self.test.arguments)
            self._heard(self.caller.said)
            self._check_rest(self.caller.said)
            self._check(result)
        except _Mismatch as exc:
            problem = str(exc)
        except IvrError as exc:
            problem = f"the flow failed: {exc}"
        if result is not None:
            self.log.append(f"= {result.status.value} {result.transfer or result.result}".rstrip())
        duration_s = asyncio.get_running_loop().time()
        return Verdict(name=self.test.name, problem=problem, log=self.log, duration_s=duration_s)

    # The caller.

    def _act(self, said: list[str]) -> Action:
        """Look at what was said, and give the caller's next line."""
        self._heard(said)
        while self.lines:
            line = self.lines.pop(0)
            if line.say is not None:
                self.log.append(f"> {line.say}")
                return "say", line.say
            if line.press:
                self.log.append(f"> #{line.press}")
                return "press", line.press
            if line.silence:
                self.log.append("> (silence)")
                return "silence", ""
            if line.hang_up:
                break
            self._look(line, said)
        self.log.append("> (hangs up)")
        return HANG_UP, ""

    def _look(self, line: Line, said: list[str]) -> None:
        if line.speech:
            self.caller.speech_down = line.speech == "down"
        if line.step and line.step != self.steps[-1]:
            raise _Mismatch(f"expected step {line.step!r}, the call is in {self.steps[-1]!r}")
        if line.hear and line.hear not in " ".join(said):
            raise _Mismatch(f"expected to hear {line.hear!r}, heard {' '.join(said)!r}")

    def _check_rest(self, said: list[str]) -> None:
        for line in self.lines:
            if line.say is not None or line.press or line.silence or line.hang_up:
                raise _Mismatch(f"the call ended before {_describe(line)}")
            self._look(line, said)

    def _heard(self, said: list[str]) -> None:
        self.log += [f"< {text}" for text in said]

    # What it reaches.

    async def _fetch(self, request: Request) -> Any:
        url = unquote(request.url)
        self.requests.append(f"{request.method} {url}")
        for start, answers in self.answers.items():
            if url.startswith(start):
                return await _give(answers[0] if len(answers) == 1 else answers.pop(0))
        raise _Mismatch(f"no answer in this test for {request.method} {url}")

    async def _invoke(self, name: str, arguments: Mapping[str, Any]) -> Any:
        if name not in self.test.python:
            raise FlowError(f"no answer in this test for {name} ({', '.join(arguments)})")
        return await _give(self.test.python[name])

    # What came of it.

    def _note(self, event: Event) -> None:
        if event.event != "step":
            return
        name = str(event.data["step"])
        if self.steps:
            self.coverage.ways[(self.steps[-1], name)] += 1
        self.coverage.steps[name] += 1
        self.steps.append(name)
        self.log.append(f"  [{name}]")

    def _check(self, result: FlowResult) -> None:
        expect = self.test.expect
        for name in ("status", "result", "transfer"):
            wanted, got = getattr(expect, name), getattr(result, name)
            if wanted is not None and wanted != got:
                raise _Mismatch(f"expected {name} {str(wanted)!r}, got {str(got)!r} {result.error}")
        for name, value in expect.variables.items():
            if result.variables.get(name) != value:
                raise _Mismatch(f"expected {name} {value!r}, got {result.variables.get(name)!r}")
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
