"""One turn, a prompt with listening: the state machine, without I/O.

Driven by the dialogue session, which feeds it what happens (:meth:`Turn.receive`) and the passing
of time (:meth:`Turn.handle_timeout`), and carries out the commands that come back. Rules:
``docs/design.md`` 5 (recognition, barge-in).

No-input works like this. The service's own silence clock is asked for ``timeout`` when a session
starts, so while the prompt plays its EXCEEDED_SILENCE comes every ``timeout`` and only renews the
session. The first one after the prompt's end comes at most ``timeout`` after it; it renews the
session with just the time that is left, so the next one falls on the no-input moment exactly. A
local deadline stands behind all of them.
"""

from __future__ import annotations

import enum
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.dialogue.outcomes import (
    Heard,
    HungUp,
    NoInput,
    Outcome,
    Pressed,
    SpeechDown,
    TooMuchSpeech,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = (
    "TRANSITIONS",
    "BargeIn",
    "EndRecognition",
    "Finish",
    "Happening",
    "StartRecognition",
    "StopPrompt",
    "Turn",
    "TurnCommand",
    "TurnEvent",
    "TurnPlan",
    "TurnState",
)

_log = logging.getLogger("ivr_agi.dialogue")

SILENCE_TOLERANCE_S = 0.2
"""EXCEEDED_SILENCE this early counts as on time: audio travels in chunks of up to that length."""

MIN_VAD_HEAD_S = 0.4
"""Shortest silence a session is renewed for: two chunks, or it would end before it heard any."""

MAX_RENEWALS = 100
"""A service that ends every session at once must not be asked for ever: 120 s in 1.2 s steps."""


class BargeIn(enum.StrEnum):
    """What ends a prompt early (VoiceXML ``bargein``)."""

    BOTH = "both"
    SPEECH = "speech"
    KEYS = "keys"
    NONE = "none"

    @property
    def by_speech(self) -> bool:
        """A voice ends the prompt."""
        return self in {BargeIn.BOTH, BargeIn.SPEECH}

    @property
    def by_keys(self) -> bool:
        """A key ends the prompt."""
        return self in {BargeIn.BOTH, BargeIn.KEYS}


@dataclass(frozen=True, kw_only=True)
class TurnPlan:
    """How a turn is to go."""

    listen: bool = True
    """Take speech; False is a keys-only turn."""
    barge_in: BargeIn = BargeIn.BOTH
    """What ends the prompt early."""
    timeout_s: float = 5.0
    """No-input: silence after the prompt's end, seconds (VoiceXML ``timeout``)."""
    max_speech_s: float = 30.0
    """Longest utterance, seconds (VoiceXML ``maxspeechtimeout``)."""
    service_grace_s: float = 2.0
    """How long a silent service is waited for beyond its own deadline, seconds."""
    deadline_s: float = 120.0
    """Whole turn, seconds."""


@dataclass(frozen=True)
class StartRecognition:
    """Start a session, giving up the one that may be active, and send the pre-roll first."""

    silence_s: float
    """Leading silence from *now* on that makes the service say EXCEEDED_SILENCE, seconds."""


@dataclass(frozen=True)
class EndRecognition:
    """Send END."""

    cancel: bool
    """True gives up what was said; False waits for its words."""


@dataclass(frozen=True)
class StopPrompt:
    """Stop the prompt within a frame."""


@dataclass(frozen=True)
class Finish:
    """The turn is over."""

    outcome: Outcome


TurnCommand = StartRecognition | EndRecognition | StopPrompt | Finish


class TurnState(enum.Enum):
    """Where a turn stands."""

    PROMPTING = "prompting"
    """The prompt plays."""
    WAITING = "waiting"
    """The prompt is over, nothing was said yet."""
    HEARING = "hearing"
    """The caller talks; the prompt is stopped."""
    SETTLING = "settling"
    """The caller is done; the service owes its last words and END."""
    OVER = "over"
    """The outcome is out."""


class TurnEvent(enum.Enum):
    """What can happen to a turn."""

    PROMPT_ENDED = "prompt ended"
    KEY = "key"
    VOICE_STARTED = "voice started"
    VOICE_ENDED = "voice ended"
    SILENCE_EARLY = "silence, no-input not due"
    SILENCE_DUE = "silence, no-input due"
    AUDIO_EXCEEDED = "audio exceeded"
    WORDS = "final words"
    ENDED = "session ended with words"
    ENDED_EMPTY = "session ended without words"
    FAILED = "speech failed"
    HUNG_UP = "hung up"
    DUE = "deadline of the state"
    TURN_DUE = "deadline of the turn"


class Happening(enum.Enum):
    """What the session reports; the turn refines it into a :class:`TurnEvent`."""

    PROMPT_ENDED = "prompt ended"
    KEY = "key"
    VOICE_STARTED = "voice started"
    VOICE_ENDED = "voice ended"
    SILENCE_EXCEEDED = "silence exceeded"
    AUDIO_EXCEEDED = "audio exceeded"
    WORDS = "final words"
    SESSION_ENDED = "session ended"
    SPEECH_FAILED = "speech failed"
    HUNG_UP = "hung up"


_S, _E = TurnState, TurnEvent

TRANSITIONS: Mapping[TurnState, Mapping[TurnEvent, tuple[TurnState, str]]] = {
    _S.PROMPTING: {
        _E.PROMPT_ENDED: (_S.WAITING, "wait"),
        _E.KEY: (_S.OVER, "pressed"),
        _E.VOICE_STARTED: (_S.HEARING, "barge_in"),
        _E.VOICE_ENDED: (_S.PROMPTING, "ignore"),
        _E.SILENCE_EARLY: (_S.PROMPTING, "renew"),
        _E.SILENCE_DUE: (_S.PROMPTING, "renew"),
        _E.AUDIO_EXCEEDED: (_S.PROMPTING, "renew"),
        _E.WORDS: (_S.SETTLING, "cut_in"),
        _E.ENDED: (_S.OVER, "heard"),
        _E.ENDED_EMPTY: (_S.PROMPTING, "renew"),
        _E.FAILED: (_S.OVER, "speech_down"),
        _E.HUNG_UP: (_S.OVER, "hung_up"),
        _E.DUE: (_S.PROMPTING, "ignore"),
        _E.TURN_DUE: (_S.OVER, "no_input"),
    },
    _S.WAITING: {
        _E.PROMPT_ENDED: (_S.WAITING, "ignore"),
        _E.KEY: (_S.OVER, "pressed"),
        _E.VOICE_STARTED: (_S.HEARING, "hear"),
        _E.VOICE_ENDED: (_S.WAITING, "ignore"),
        _E.SILENCE_EARLY: (_S.WAITING, "renew"),
        _E.SILENCE_DUE: (_S.OVER, "no_input"),
        _E.AUDIO_EXCEEDED: (_S.WAITING, "renew"),
        _E.WORDS: (_S.SETTLING, "settle"),
        _E.ENDED: (_S.OVER, "heard"),
        _E.ENDED_EMPTY: (_S.WAITING, "renew"),
        _E.FAILED: (_S.OVER, "speech_down"),
        _E.HUNG_UP: (_S.OVER, "hung_up"),
        _E.DUE: (_S.OVER, "no_input"),
        _E.TURN_DUE: (_S.OVER, "no_input"),
    },
    _S.HEARING: {
        _E.PROMPT_ENDED: (_S.HEARING, "ignore"),
        _E.KEY: (_S.OVER, "pressed"),
        _E.VOICE_STARTED: (_S.HEARING, "ignore"),
        _E.VOICE_ENDED: (_S.SETTLING, "settle"),
        _E.SILENCE_EARLY: (_S.WAITING, "false_barge_in"),
        _E.SILENCE_DUE: (_S.WAITING, "false_barge_in"),
        _E.AUDIO_EXCEEDED: (_S.OVER, "too_much_speech"),
        _E.WORDS: (_S.HEARING, "ignore"),  # VOICE_END is on its way
        _E.ENDED: (_S.OVER, "heard"),
        _E.ENDED_EMPTY: (_S.WAITING, "false_barge_in"),
        _E.FAILED: (_S.OVER, "speech_down"),
        _E.HUNG_UP: (_S.OVER, "hung_up"),
        _E.DUE: (_S.SETTLING, "settle"),
        _E.TURN_DUE: (_S.OVER, "too_much_speech"),
    },
    _S.SETTLING: {
        _E.PROMPT_ENDED: (_S.SETTLING, "ignore"),
        _E.KEY: (_S.OVER, "pressed"),
        _E.VOICE_STARTED: (_S.SETTLING, "ignore"),
        _E.VOICE_ENDED: (_S.SETTLING, "ignore"),
        _E.SILENCE_EARLY: (_S.SETTLING, "ignore"),
        _E.SILENCE_DUE: (_S.SETTLING, "ignore"),
        _E.AUDIO_EXCEEDED: (_S.SETTLING, "ignore"),
        _E.WORDS: (_S.SETTLING, "ignore"),  # kept; END follows
        _E.ENDED: (_S.OVER, "heard"),
        _E.ENDED_EMPTY: (_S.OVER, "heard"),
        _E.FAILED: (_S.OVER, "speech_down"),
        _E.HUNG_UP: (_S.OVER, "hung_up"),
        _E.DUE: (_S.OVER, "speech_down"),
        _E.TURN_DUE: (_S.OVER, "speech_down"),
    },
    _S.OVER: dict.fromkeys(TurnEvent, (_S.OVER, "ignore")),
}
"""State x event -> next state and what is done (the method of that name).

Refined from a :class:`Happening` where one depends on more than the state, see
:meth:`Turn.receive`: silence is early or due by the prompt's end; a session's end, and its
failure, count as ``ENDED`` when final words have come.
"""


class Turn:
    """One turn. Fed by the dialogue session: happenings, and time through its deadline.

    Args:
        plan: How the turn is to go.
        now: Monotonic seconds.
    """

    def __init__(self, plan: TurnPlan, now: float) -> None:
        self.plan = plan
        self.state = TurnState.PROMPTING
        self.false_barge_ins = 0
        """Times a voice stopped the prompt and no words came."""
        self._turn_due = now + plan.deadline_s
        self._due: float | None = None
        self._no_input_due: float | None = None
        self._words: Heard | None = None
        self._key = ""
        self._reason = ""
        self._renewals = 0
        self._recognising = False
        self._commands: list[TurnCommand] = []

    def begin(self) -> list[TurnCommand]:
        """Return what to do at the start; the prompt is started by the session beside it."""
        if self.plan.listen and self.plan.barge_in.by_speech:
            self._start(self.plan.timeout_s)
        return self._take()

    def receive(
        self,
        happening: Happening,
        now: float,
        *,
        key: str = "",
        words: Heard | None = None,
        reason: str = "",
    ) -> list[TurnCommand]:
        """Take in what happened and return what to do, in order.

        Args:
            happening: What happened.
            now: Monotonic seconds.
            key: The key, with ``KEY``.
            words: The final result, with ``WORDS``; a later one replaces an earlier one.
            reason: One line for the operator, with ``SPEECH_FAILED``.
        """
        self._key = key or self._key
        self._words = words or self._words
        self._reason = reason or self._reason
        self._advance(self._refine(happening, now), now)
        return self._take()

    def next_deadline(self) -> float | None:
        """Monotonic seconds at which :meth:`handle_timeout` is to be called; None when over."""
        if self.state is TurnState.OVER:
            return None
        return self._turn_due if self._due is None else min(self._due, self._turn_due)

    def handle_timeout(self, now: float) -> list[TurnCommand]:
        """Take in that time has passed and return what to do, in order."""
        if now >= self._turn_due:
            self._advance(TurnEvent.TURN_DUE, now)
        elif self._due is not None and now >= self._due:
            self._due = None
            self._advance(TurnEvent.DUE, now)
        return self._take()

    def _refine(self, happening: Happening, now: float) -> TurnEvent:
        if happening is Happening.SILENCE_EXCEEDED:
            due = self._no_input_due
            is_due = due is not None and now >= due - SILENCE_TOLERANCE_S
            return TurnEvent.SILENCE_DUE if is_due else TurnEvent.SILENCE_EARLY
        if happening in {Happening.SESSION_ENDED, Happening.SPEECH_FAILED}:
            self._recognising = False
            if self._words is not None:
                return TurnEvent.ENDED
            failed = happening is Happening.SPEECH_FAILED
            return TurnEvent.FAILED if failed else TurnEvent.ENDED_EMPTY
        return TurnEvent[happening.name]

    def _advance(self, event: TurnEvent, now: float) -> None:
        state, action = TRANSITIONS[self.state][event]
        if state is not self.state:
            _log.debug("= %s -> %s (%s)", self.state.value, state.value, event.value)
            self.state = state
        act: Callable[[float], None] = getattr(self, f"_do_{action}")
        act(now)

    # What is done. Each is named in TRANSITIONS.

    def _do_ignore(self, now: float) -> None:
        pass

    def _do_wait(self, now: float) -> None:
        self._no_input_due = now + self.plan.timeout_s
        grace_s = self.plan.service_grace_s if self.plan.listen else 0
        self._due = self._no_input_due + grace_s
        if self.plan.listen and not self._recognising:
            self._start(self.plan.timeout_s)

    def _do_renew(self, now: float) -> None:
        self._renewals += 1
        if self._renewals > MAX_RENEWALS:
            self._reason = f"the service ended {MAX_RENEWALS} sessions of one turn early"
            self.state = TurnState.OVER
            self._do_speech_down(now)
            return
        left_s = self.plan.timeout_s if self._no_input_due is None else self._no_input_due - now
        self._start(max(left_s, MIN_VAD_HEAD_S))

    def _do_barge_in(self, now: float) -> None:
        self._commands.append(StopPrompt())
        self._do_hear(now)

    def _do_hear(self, now: float) -> None:
        self._due = now + self.plan.max_speech_s + self.plan.service_grace_s

    def _do_false_barge_in(self, now: float) -> None:
        self.false_barge_ins += 1
        self._recognising = False  # else the wait would not start a session
        self._do_wait(now)

    def _do_cut_in(self, now: float) -> None:  # words without a VOICE_START before them
        self._commands.append(StopPrompt())
        self._do_settle(now)

    def _do_settle(self, now: float) -> None:
        self._due = now + self.plan.service_grace_s
        self._commands.append(EndRecognition(cancel=False))

    def _do_heard(self, now: float) -> None:
        self._finish(self._words or Heard(text=""))

    def _do_pressed(self, now: float) -> None:
        self._finish(Pressed(keys=self._key))

    def _do_no_input(self, now: float) -> None:
        self._finish(NoInput())

    def _do_too_much_speech(self, now: float) -> None:
        self._finish(TooMuchSpeech())

    def _do_hung_up(self, now: float) -> None:
        self._finish(HungUp())

    def _do_speech_down(self, now: float) -> None:
        if self._words is not None:  # the service owed END only
            self._do_heard(now)
        else:
            self._finish(SpeechDown(reason=self._reason or "no answer to END in time"))

    def _finish(self, outcome: Outcome) -> None:
        if self._recognising:
            self._commands.append(EndRecognition(cancel=True))
            self._recognising = False
        self._commands += [StopPrompt(), Finish(outcome)]

    def _start(self, silence_s: float) -> None:
        self._recognising = True
        self._commands.append(StartRecognition(silence_s=silence_s))

    def _take(self) -> list[TurnCommand]:
        commands, self._commands = self._commands, []
        return commands
