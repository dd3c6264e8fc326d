"""Replays: what real callers said and pressed, against a changed flow or changed settings.

A caller is made of a call's journal: one deed for each question, with the step that asked. The call
runs as a rehearsal, in virtual time. Nothing outside is reached: ``http`` and ``python`` steps get
what the journal kept, or the answers of conversation tests.

A caller who is asked what the real one was never asked says nothing that anybody knows. The replay
ends there: the call goes otherwise if it has by then, and else nobody can tell.
"""

from __future__ import annotations

import datetime
import enum
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ivr_agi.errors import FlowError, RequestFailed
from ivr_agi.flow.run.outside import FlowRequest, Outside
from ivr_agi.flow.steps.http import HttpStep
from ivr_agi.flow.steps.python import PythonStep
from ivr_agi.rehearsal.caller import CallerAction, Deed
from ivr_agi.rehearsal.stage import Script, Stage
from ivr_agi.rehearsal.virtual import run_virtually

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence

    from ivr_agi.flow.file.model import Program
    from ivr_agi.journal import Event
    from ivr_agi.rehearsal.spec import CannedResponse, Suite
    from ivr_agi.rehearsal.stage import RehearsedCall

__all__ = ("CannedAnswers", "Replayed", "ReplayVerdict", "count_verdicts", "replay_calls")

_UNDERSTOOD = {
    "choice": "choice",
    "slot": "value",
    "command": "command",
    "message": "",
    "confirm": "",
    "no_input": "",
    "no_match": "",
}
"""Events that say what the flow made of a turn, and the field that says more."""
_MESSAGE = "a message of the caller, as long as it was"


class ReplayVerdict(enum.StrEnum):
    """What came of a replay."""

    SAME = "same"
    OTHERWISE = "otherwise"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """One call, as it was and as it would have gone."""

    call: str
    """Asterisk's unique id."""
    verdict: ReplayVerdict
    reason: str = ""
    """Why nobody can tell, or from where on."""
    was: list[str]
    """The way taken: steps, and what was understood."""
    now: list[str]
    """The same in the replay."""

    @property
    def difference(self) -> tuple[str, str]:
        """What was first otherwise, and what it would be; empty: nothing."""
        for n in range(max(len(self.was), len(self.now))):
            was, now = (way[n] if n < len(way) else "" for way in (self.was, self.now))
            if was != now:
                return was, now or self.reason
        return "", ""


@dataclass(frozen=True)
class CannedAnswers:
    """What services and functions answer where the journal kept nothing: of conversation tests."""

    http: Mapping[str, CannedResponse] = field(default_factory=dict)
    """By the beginning of the URL."""
    python: Mapping[str, CannedResponse] = field(default_factory=dict)
    """By ``module:function``."""

    @classmethod
    def of(cls, suite: Suite) -> CannedAnswers:
        """Return the first answer that the tests of a file give to each."""
        http: dict[str, CannedResponse] = {}
        python: dict[str, CannedResponse] = {}
        for test in suite.tests:
            for url, given in test.http.items():
                http.setdefault(url, given[0] if isinstance(given, list) else given)
            python = {**test.python, **python}
        return cls(http, python)


@dataclass(frozen=True)
class _Deed:
    """What the caller did when a step asked; None: the journal does not say."""

    step: str
    action: CallerAction | None


def replay_calls(
    stage: Stage, calls: Iterable[tuple[Sequence[Event], Program]], answers: CannedAnswers
) -> list[Replayed]:
    """Replay calls, one after the other.

    Args:
        stage: With the settings that count; in ``with``.
        calls: The events of each call, and the flow that it now meets.
        answers: Where the journal kept none.
    """

    async def run_all() -> list[Replayed]:
        return [await _Replay(stage, program, events, answers).run() for events, program in calls]

    return run_virtually(run_all())


class _Replay:
    def __init__(
        self, stage: Stage, program: Program, events: Sequence[Event], answers: CannedAnswers
    ) -> None:
        self.stage = stage
        self.program = program
        self.events = events
        self.answers = answers
        self.was = _Way.of(events)
        self.now = _Way()
        self.deeds = deque(_deeds(events))
        self.kept = _kept(events)
        self.unknown = ""
        """Why nobody knows how it goes on."""
        self.n_known = 0
        """Lines of the way up to there."""

    async def run(self) -> Replayed:
        begin = self.events[0] if self.events else None
        if begin is None or begin.event != "call_started":
            return self._told(ReplayVerdict.CANNOT_TELL, "the journal has no begin of the call")
        arguments: dict[str, Any] = {}
        for event in self.events:
            if event.event == "arguments":
                arguments = event.data.get("arguments") or {}
        known = self.program.flows[self.program.main].variables
        data = begin.data
        given = {"number": data.get("caller", ""), "called": data.get("called", "")}
        at = datetime.datetime.fromtimestamp(begin.time, datetime.UTC).astimezone()
        rehearsed = await self.stage.play(
            Script(
                program=self.program,
                next_action=self._next_action,
                outside=Outside(
                    fetch=self._fetch,
                    stream=self._stream,
                    invoke=self._invoke,
                    wall_clock=lambda: at,
                ),
                caller={name: text for name, text in given.items() if text},
                arguments={name: text for name, text in arguments.items() if name in known},
                on_event=self.now.note,
            )
        )
        if self.unknown:
            self.now.lines = self.now.lines[: self.n_known]
            is_otherwise = self.now.lines != self.was.lines[: len(self.now.lines)]
            verdict = ReplayVerdict.OTHERWISE if is_otherwise else ReplayVerdict.CANNOT_TELL
            return self._told(verdict, self.unknown)
        result = rehearsed.result
        self.now.end(result.status.value, result.result, result.transfer)
        is_same = self.now.lines == self.was.lines
        return self._told(ReplayVerdict.SAME if is_same else ReplayVerdict.OTHERWISE)

    def _told(self, verdict: ReplayVerdict, reason: str = "") -> Replayed:
        call = self.events[0].call if self.events else ""
        return Replayed(
            call=call, verdict=verdict, reason=reason, was=self.was.lines, now=self.now.lines
        )

    def _give_up(self, reason: str) -> None:
        if not self.unknown:
            self.unknown, self.n_known = reason, len(self.now.lines)

    def _next_action(self, _: RehearsedCall) -> CallerAction:
        """Return what the caller did when this step asked, in its order."""
        step = self.now.step
        leave = CallerAction(Deed.HANG_UP)
        if self.unknown:
            return leave
        n = next((n for n, deed in enumerate(self.deeds) if deed.step == step), None)
        if n is None:
            is_last = len(self.deeds) == 1 and self.deeds[0].action == leave
            if is_last and self.now.lines == self.was.lines[: len(self.now.lines)]:
                return leave
            self._give_up(f"the caller was not asked at {step} then")
            return leave
        for _skipped in range(n):
            self.deeds.popleft()
        action = self.deeds.popleft().action
        if action is None:
            self._give_up(f"the journal does not say what the caller did at {step}")
        return action or leave

    # What it reaches: nothing.

    def _kept_event(self) -> Event | None:
        events = self.kept[self.now.step]
        return events.popleft() if events else None

    async def _fetch(self, request: FlowRequest) -> Any:
        event, spec = self._kept_event(), self._spec()
        if event is not None and isinstance(spec, HttpStep) and not spec.say:
            if "error" in event.data:
                raise RequestFailed(str(event.data["error"]))
            saved = event.data.get("saved") or {}
            if spec.save.keys() <= saved.keys():
                return _answer_of({place: saved[name] for name, place in spec.save.items()})
        url = unquote(request.url)
        for start, given in self.answers.http.items():
            if url.startswith(start):
                if given.fails:
                    raise RequestFailed("fails in the tests")
                return given.answer
        self._give_up(f"no answer is known for the http step {self.now.step}")
        raise RequestFailed("nobody knows the answer")

    async def _stream(self, request: FlowRequest) -> AsyncGenerator[str]:
        answer = await self._fetch(request)
        for piece in answer if isinstance(answer, list) else [answer]:
            yield str(piece)

    async def _invoke(self, name: str, arguments: Mapping[str, Any]) -> Any:
        event, spec = self._kept_event(), self._spec()
        if event is not None and isinstance(spec, PythonStep):
            if "error" in event.data:
                raise FlowError(f"it failed then: {event.data['error']}")
            saved = event.data.get("saved") or {}
            if spec.save is None or spec.save in saved:
                return saved.get(spec.save)
        if (given := self.answers.python.get(name)) is not None:
            if given.fails:
                raise FlowError("fails in the tests")
            return given.answer
        self._give_up(f"no answer is known for the python step {self.now.step}")
        raise FlowError(f"nobody knows what {name} returns for {len(arguments)} arguments")

    def _spec(self) -> object:
        flow, _, step = self.now.step.rpartition(".")
        found = self.program.flows.get(flow or self.program.main)
        return found.steps.get(step) if found is not None else None


class _Way:
    """The way that a call takes, in words."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.step = ""

    @classmethod
    def of(cls, events: Iterable[Event]) -> _Way:
        """Return the way of a call that was."""
        found = cls()
        for event in events:
            found.note(event)
            if event.event == "call_ended":
                get = event.data.get
                found.end(*(str(get(name) or "") for name in ("status", "result", "target")))
        return found

    def note(self, event: Event) -> None:
        """Take an event."""
        if event.event == "step":
            self.step = str(event.data.get("step", ""))
            self.lines.append(f"step {self.step}")
        elif event.event in _UNDERSTOOD:
            more = event.data.get(_UNDERSTOOD[event.event], "")
            self.lines.append(f"{self.step}: {event.event} {more}".rstrip())

    def end(self, status: str, result: str, target: str) -> None:
        """Take the end."""
        self.lines.append(f"ends {status} {target or result}".rstrip())


def _deeds(events: Iterable[Event]) -> list[_Deed]:
    """Return what the caller did, question by question."""
    found: list[_Deed] = []
    step = ""
    for event in events:
        if event.event == "step":
            step = str(event.data.get("step", ""))
        elif event.event == "message":
            found.append(_Deed(step, CallerAction(Deed.SAY, _MESSAGE)))
        elif event.event == "outcome" and event.data.get("outcome") != "SpeechDown":
            found.append(_Deed(step, _action(event.data)))
    return found


def _action(data: dict[str, Any]) -> CallerAction | None:
    """Return what the caller did in a turn; None: the journal does not say."""
    over_s = None
    if "voice_after_prompt_end_ms" not in data and "voice_after_prompt_start_ms" in data:
        over_s = data["voice_after_prompt_start_ms"] / 1000
    match data.get("outcome"):
        case "Heard" if data.get("text"):
            action = CallerAction(Deed.SAY, data["text"], over_s)
            if data.get("score") is not None:
                action = CallerAction(Deed.SAY, data["text"], over_s, score=data["score"])
            return action
        case "Pressed" if data.get("keys"):
            return CallerAction(Deed.PRESS, data["keys"])
        case "NoInput":
            return CallerAction(Deed.SILENCE)
        case "HungUp":
            return CallerAction(Deed.HANG_UP)
    return None


def _kept(events: Iterable[Event]) -> defaultdict[str, deque[Event]]:
    """Return what ``http`` and ``python`` steps met, by step, in order."""
    found: defaultdict[str, deque[Event]] = defaultdict(deque)
    step = ""
    for event in events:
        if event.event == "step":
            step = str(event.data.get("step", ""))
        elif event.event in ("http", "python"):
            found[step].append(event)
    return found


def _answer_of(values: Mapping[str, Any]) -> Any:
    """Return an answer that has these values at these places (``items.0.name``)."""
    answer: Any = {}
    for place, value in values.items():
        *parents, last = [part for part in place.split(".") if part] or [""]
        if not last:
            answer = value
            continue
        found = answer
        for part in parents:
            found = found.setdefault(part, {})
        found[last] = value
    return answer


def count_verdicts(replayed: Iterable[Replayed]) -> dict[str, Any]:
    """Return what replays come to in sum: verdicts, why nobody can tell, and what is otherwise."""
    verdicts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    differences: Counter[tuple[str, str]] = Counter()
    for one in replayed:
        verdicts[one.verdict.value] += 1
        if one.verdict is ReplayVerdict.CANNOT_TELL:
            reasons[one.reason] += 1
        elif one.verdict is ReplayVerdict.OTHERWISE:
            differences[one.difference] += 1
    return {
        "calls": sum(verdicts.values()),
        "verdicts": {one.value: verdicts[one.value] for one in ReplayVerdict},
        "cannot_tell": dict(reasons.most_common()),
        "otherwise": [
            {"was": was, "now": now, "calls": n} for (was, now), n in differences.most_common()
        ],
    }
