"""What a call comes to: its rows and counts, made of its events. Core, no I/O."""

from __future__ import annotations

import functools
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivr_agi.store.hours import bucket_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.journal.event import Event

__all__ = ("LEGS", "CallSummary", "summarise")

LEGS = ("voice_to_stop", "voice_to_words", "voice_to_final", "silence_to_final", "final_to_end")
UNDERSTOOD = frozenset(
    {"choice", "slot", "message", "command", "confirm", "no_input", "no_match", "keys_only"}
)
"""What the flow says after an outcome: the first of these."""
MATCHED = frozenset({"choice", "slot", "message", "command", "confirm"})
MAX_PATH = 400
"""Characters of a path that is kept."""
MAX_UTTERANCE = 500
"""Characters of one that is kept."""


def _counter() -> defaultdict[Any, int]:
    """Return counts that begin at 0: in C, where those of a ``Counter`` are in Python."""
    return defaultdict(int)


@dataclass
class CallSummary:
    """Rows of one call, in the order of the tables' columns, without the call's id."""

    flow: str = ""
    version: str = ""
    seconds: float | None = None
    extension: str = ""
    called: str = ""
    caller: str = ""
    language: str = ""
    status: str = ""
    result: str = ""
    target: str = ""
    error: str = ""
    misses: int = 0
    false_barge_ins: int = 0
    audio: str = ""
    endpoint: str = ""
    """The last one that listened."""
    path: str = ""
    last_step: str = ""
    turns: list[_Turn] = field(default_factory=list)
    utterances: list[tuple[int, float, str, str, float | None, str, bool]] = field(
        default_factory=list
    )
    """n, at, step, text, score, choice, is_matched."""
    recordings: list[tuple[str, str, float]] = field(default_factory=list)
    """File, kind, when."""
    counts: defaultdict[tuple[str, str], int] = field(default_factory=_counter)
    """Step and measure; the step of the call itself is empty."""
    legs: defaultdict[tuple[str, str, int], int] = field(default_factory=_counter)
    """Endpoint, leg, bucket."""
    failovers: defaultdict[str, int] = field(default_factory=_counter)
    """Endpoint that has failed."""


@dataclass(slots=True)
class _Turn:
    """A row of ``turns``."""

    at_ms: int
    step: str
    prompt: str
    outcome: str
    is_barge_in: bool
    false_barge_ins: int
    position_ms: int | None
    endpoint: str
    legs: tuple[int | None, ...]
    understood: str = ""

    def row(self, call_id: int, n: int) -> tuple[Any, ...]:
        """Return it with the call's id and its number."""
        return (
            call_id,
            n,
            self.at_ms,
            self.step,
            self.prompt,
            self.outcome,
            self.understood,
            self.is_barge_in,
            self.false_barge_ins,
            self.position_ms,
            self.endpoint,
            *self.legs,
        )


def summarise(events: Sequence[Event]) -> CallSummary:
    """Return what a call comes to."""
    return _Summing(events[0].at_s).run(events)


class _Summing:
    def __init__(self, began_at_s: float) -> None:
        self.made = CallSummary()
        self.began_at_s = began_at_s
        self.step = ""
        self.steps: list[str] = []
        self.entered_at_s = began_at_s
        self.prompt = ""
        self.endpoint = ""
        self.is_barge_in = False
        self.heard: list[tuple[str, float | None]] = []
        self.awaits_confirm = False

    def run(self, events: Sequence[Event]) -> CallSummary:
        handlers = _HANDLERS
        for event in events:
            handler = handlers.get(event.event)
            if handler is not None:
                handler(self, event, event.data)
        made = self.made
        self._leave_step(events[-1].at_s)
        made.path = ">".join(self.steps)[:MAX_PATH]
        made.last_step = self.step
        counts = made.counts
        counts["", "calls"] += 1
        counts["", f"status.{made.status or 'LOST'}"] += 1
        counts["", "turns"] += len(made.turns)
        counts["", "ms"] += round((made.seconds or 0) * 1000)
        if made.status == "HANGUP" and self.step:
            counts[self.step, "left"] += 1
        return made

    def started(self, _: Event, data: dict[str, Any]) -> None:
        made, get = self.made, data.get
        made.flow = get("flow") or get("script") or ""
        made.version = get("version") or ""
        made.extension, made.called = get("extension") or "", get("called") or ""
        made.caller, made.language = get("caller") or "", get("language") or ""

    def enter_step(self, event: Event, data: dict[str, Any]) -> None:
        self._leave_step(event.at_s)
        self.step = str(data.get("step", ""))
        self.steps.append(self.step)
        self.made.counts[self.step, "visits"] += 1
        self.prompt = ""

    def _leave_step(self, at_s: float) -> None:
        if self.step:
            self.made.counts[self.step, "ms"] += max(0, round((at_s - self.entered_at_s) * 1000))
        self.entered_at_s = at_s

    def prompt_started(self, _: Event, data: dict[str, Any]) -> None:
        said = data.get("text") or data.get("recording") or ""
        self.prompt = _digest(said) if said else ""

    def listen(self, _: Event, data: dict[str, Any]) -> None:
        self.endpoint = self.made.endpoint = data.get("endpoint") or ""

    def confirm_barge_in(self, _: Event, __: dict[str, Any]) -> None:
        self.is_barge_in = True

    def hear(self, _: Event, data: dict[str, Any]) -> None:
        if data.get("text"):
            self.heard.append((data["text"], data.get("score")))

    def end_turn(self, event: Event, data: dict[str, Any]) -> None:
        made, legs = self.made, data.get("legs_ms") or {}
        n_false = data.get("false_barge_ins") or 0
        made.false_barge_ins += n_false
        turn = _Turn(
            at_ms=round((event.at_s - self.began_at_s) * 1000),
            step=self.step,
            prompt=self.prompt,
            outcome=data.get("outcome") or "",
            is_barge_in=self.is_barge_in,
            false_barge_ins=n_false,
            position_ms=data.get("barge_in_position_ms"),
            endpoint=self.endpoint,
            legs=tuple([legs.get(name) for name in LEGS]),
        )
        made.turns.append(turn)
        text, score = data.get("text"), data.get("score")
        if text is None and self.heard and turn.outcome == "Heard":  # the first version's outcome
            text, score = " ".join(text for text, _ in self.heard), self.heard[-1][1]
        if text:
            said = text[:MAX_UTTERANCE]
            made.utterances.append(
                (len(made.turns) - 1, event.time, self.step, said, score, "", False)
            )
        self._count_turn(turn, legs)
        self.is_barge_in, self.heard = False, []

    def _count_turn(self, turn: _Turn, legs: dict[str, int]) -> None:
        counts, step = self.made.counts, self.step
        counts[step, "turns"] += 1
        counts[step, f"outcome.{turn.outcome}"] += 1
        if turn.is_barge_in:
            counts[step, "barge_ins"] += 1
        if turn.false_barge_ins:
            counts[step, "false_barge_ins"] += turn.false_barge_ins
        for name, ms in legs.items():
            self.made.legs[self.endpoint, name, bucket_of(ms)] += 1

    def understand(self, event: Event, data: dict[str, Any]) -> None:
        made, kind = self.made, event.event
        if kind in ("no_input", "no_match"):
            made.misses += 1
            if self.awaits_confirm:
                made.counts[self.step, "confirm.refused"] += 1
        self.awaits_confirm = kind == "confirm"
        made.counts[self.step, kind] += 1
        if made.turns and not made.turns[-1].understood and made.turns[-1].step == self.step:
            made.turns[-1].understood = kind
            said = made.utterances[-1] if made.utterances else None
            if said is not None and said[0] == len(made.turns) - 1:
                choice = data.get("choice") or data.get("value") or data.get("command") or ""
                made.utterances[-1] = (*said[:5], str(choice), kind in MATCHED)
        if kind == "message" and data.get("recording"):
            made.recordings.append((str(data["recording"]), "message", event.time))

    def record(self, event: Event, data: dict[str, Any]) -> None:
        if data.get("file"):
            self.made.recordings.append((str(data["file"]), "call", event.time))

    def fail_over(self, event: Event, data: dict[str, Any]) -> None:
        self.made.failovers[data.get("failed") or ""] += 1
        self.made.counts["", event.event] += 1

    def note_audio(self, _: Event, data: dict[str, Any]) -> None:
        self.made.audio = data.get("verdict") or ""

    def ended(self, _: Event, data: dict[str, Any]) -> None:
        made, get = self.made, data.get
        made.status, made.result = get("status") or "", str(get("result") or "")
        made.target, made.error = str(get("target") or ""), get("error") or ""
        made.seconds = get("seconds")


@functools.lru_cache(maxsize=4096)
def _digest(said: str) -> str:
    """Return the digest of a prompt; most are said again and again."""
    return hashlib.sha256(said.encode()).hexdigest()[:16]


_HANDLERS = {
    "call_started": _Summing.started,
    "step": _Summing.enter_step,
    "prompt_started": _Summing.prompt_started,
    "recognition_started": _Summing.listen,
    "barge_in": _Summing.confirm_barge_in,
    "result": _Summing.hear,
    "outcome": _Summing.end_turn,
    "call_recording": _Summing.record,
    "failover": _Summing.fail_over,
    "speech_unavailable": _Summing.fail_over,
    "audio": _Summing.note_audio,
    "call_ended": _Summing.ended,
    **dict.fromkeys(UNDERSTOOD, _Summing.understand),
}
