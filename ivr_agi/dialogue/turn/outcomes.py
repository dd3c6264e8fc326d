"""What a turn ends in, exactly one of six outcomes, and the report of how it came to be.

Core, no I/O. Every outcome carries a :class:`TurnReport`, which a :class:`TurnLog` makes; two
outcomes are equal if they say the same, whatever their reports are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from ivr_agi.dialogue.turn.inputs import EchoHeard, OwnVoiceHeard, PromptEnded, PromptStarted
from ivr_agi.sis.wire.events import (
    RecognitionEnded,
    RecognitionEvent,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)

if TYPE_CHECKING:
    from ivr_agi.dialogue.turn.inputs import TurnInput
    from ivr_agi.sis.wire.events import TimedWord

__all__ = (
    "Heard",
    "HungUp",
    "NoInput",
    "Outcome",
    "Pressed",
    "Recorded",
    "SpeechDown",
    "TooMuchSpeech",
    "TurnLog",
    "TurnReport",
)


@dataclass(frozen=True, kw_only=True)
class TurnReport:
    """What happened in a turn, in milliseconds since its beginning; None: it did not happen.

    Voice and words are those of the utterance that counted, or of the last one.
    """

    prompt_started_ms: int | None = None
    """The first STREAM FILE of the prompt was written."""
    prompt_ended_ms: int | None = None
    """The prompt ended by itself."""
    voice_started_ms: int | None = None
    """The service's VOICE_START arrived."""
    stop_confirmed_ms: int | None = None
    """Asterisk had confirmed that the prompt was stopped for that voice."""
    first_interim_ms: int | None = None
    """The first interim words arrived."""
    voice_ended_ms: int | None = None
    """The service's VOICE_END arrived."""
    final_ms: int | None = None
    """The final words arrived."""
    ended_ms: int | None = None
    """The service's END arrived."""
    total_ms: int = 0
    """The outcome was known."""
    barge_in_position_ms: int | None = None
    """Position at which the prompt was stopped for good."""
    true_barge_ins: int = 0
    """Interruptions with words, 1 or 0."""
    false_barge_ins: int = 0
    """Times a voice stopped the prompt and no words came."""
    false_onsets: int = 0
    """Times our own detector paused the prompt and the service heard no voice."""
    trace_ids: tuple[str, ...] = ()
    """The service's ids of the sessions, in order."""

    @property
    def voice_after_prompt_start_ms(self) -> int | None:
        """When the voice began after the prompt's start; negative: before it."""
        return _difference(self.voice_started_ms, self.prompt_started_ms)

    @property
    def voice_after_prompt_end_ms(self) -> int | None:
        """When the voice began after the prompt's end; None if the prompt was stopped."""
        return _difference(self.voice_started_ms, self.prompt_ended_ms)

    @property
    def legs(self) -> dict[str, int]:
        """Duration of each leg of the turn, ms, whose both ends happened in that order.

        ``voice_to_stop``: VOICE_START until Asterisk had stopped the prompt; ``voice_to_words``:
        until the first words; ``voice_to_final``: until the last; ``silence_to_final``: VOICE_END
        until the last words, where they came after it; ``final_to_end``: those until END.
        """
        ends = {
            "voice_to_stop": (self.voice_started_ms, self.stop_confirmed_ms),
            "voice_to_words": (self.voice_started_ms, self.first_interim_ms),
            "voice_to_final": (self.voice_started_ms, self.final_ms),
            "silence_to_final": (self.voice_ended_ms, self.final_ms),
            "final_to_end": (self.final_ms, self.ended_ms),
        }
        found = {name: _difference(later, earlier) for name, (earlier, later) in ends.items()}
        return {name: ms for name, ms in found.items() if ms is not None and ms >= 0}


def _difference(later_ms: int | None, earlier_ms: int | None) -> int | None:
    return None if later_ms is None or earlier_ms is None else later_ms - earlier_ms


_LEGS = ("first_interim_ms", "voice_ended_ms", "final_ms", "ended_ms")
"""What follows a voice, and is forgotten when the next one begins."""


class TurnLog:
    """Keeps the times of one turn, in ms since its beginning; turn and runner write it.

    Args:
        now: The beginning, monotonic seconds.
    """

    def __init__(self, now: float) -> None:
        self.true_barge_ins = 0
        self.false_barge_ins = 0
        self.false_onsets = 0
        self._begun_at = now
        self._times: dict[str, int] = {}
        self._trace_ids: dict[str, None] = {}  # in order, without repeats
        self._stop_position_ms: int | None = None

    @property
    def prompt_has_begun(self) -> bool:
        """At least the beginning of the prompt was heard."""
        return "prompt_started_ms" in self._times

    def note(self, told: TurnInput, now: float) -> None:
        """Note when the turn was told something, if it is part of the report."""
        if isinstance(told, RecognitionEvent | EchoHeard) and told.trace_id is not None:
            self._trace_ids[told.trace_id] = None
        match told:
            case VoiceStarted() | EchoHeard() | OwnVoiceHeard():
                self._times["voice_started_ms"] = self._ms(now)
                for leg in _LEGS:
                    self._times.pop(leg, None)
            case Transcribed(is_final=False):
                self._times.setdefault("first_interim_ms", self._ms(now))
            case Transcribed():
                self._times["final_ms"] = self._ms(now)
            case PromptStarted():
                self._times.setdefault("prompt_started_ms", self._ms(now))
            case PromptEnded():
                self._times["prompt_ended_ms"] = self._ms(now)
            case VoiceEnded():
                self._times["voice_ended_ms"] = self._ms(now)
            case RecognitionEnded():
                self._times["ended_ms"] = self._ms(now)

    def note_stop(self, now: float, position_ms: int) -> None:
        """Note that Asterisk has stopped the prompt at this position."""
        self._times["stop_confirmed_ms"] = self._ms(now)
        self._stop_position_ms = position_ms

    def note_resume(self) -> None:
        """Note that the stop was a false alarm."""
        self._times.pop("stop_confirmed_ms", None)
        self._stop_position_ms = None

    def report(self, now: float) -> TurnReport:
        """Return the report of the turn that ends now."""
        return TurnReport(
            **self._times,
            total_ms=self._ms(now),
            barge_in_position_ms=self._stop_position_ms,
            true_barge_ins=self.true_barge_ins,
            false_barge_ins=self.false_barge_ins,
            false_onsets=self.false_onsets,
            trace_ids=tuple(self._trace_ids),
        )

    def _ms(self, now: float) -> int:
        return round((now - self._begun_at) * 1000)


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    report: TurnReport = field(default=TurnReport(), compare=False, repr=False)
    """How it came to be."""


@dataclass(frozen=True, kw_only=True)
class Heard(_Outcome):
    """The caller spoke, and the service sent a final result."""

    text: str
    """The words; empty if the service heard a voice but no words."""
    score: float | None = None
    """The service's confidence, 0 to 1; None if it gave none."""
    trace_id: str | None = None
    """The service's id of the session."""
    start_ms: int | None = field(default=None, compare=False)
    """Beginning of the words, ms since the first audio of the session (pre-roll included)."""
    end_ms: int | None = field(default=None, compare=False)
    """End of the words, ms since the first audio of the session."""
    words: tuple[TimedWord, ...] = field(default=(), compare=False)
    """Each word with its times, if the service was asked for them (``recognition.word_times``) and
    gave them. SIS has no other readings of the same sound (n-best)."""

    @classmethod
    def of(cls, result: Transcribed) -> Self:
        """Return what the service sent as an outcome."""
        return cls(
            text=result.text,
            score=result.score,
            trace_id=result.trace_id,
            start_ms=result.start_ms,
            end_ms=result.end_ms,
            words=result.words,
        )


@dataclass(frozen=True, kw_only=True)
class Pressed(_Outcome):
    """The caller pressed a key, or several."""

    keys: str
    """``0`` to ``9``, ``*`` or ``#``, without the terminator."""
    is_complete: bool = True
    """There are at least as many keys as the turn asks for."""


@dataclass(frozen=True, kw_only=True)
class NoInput(_Outcome):
    """The caller was silent until the no-input time after the prompt's end."""


@dataclass(frozen=True, kw_only=True)
class TooMuchSpeech(_Outcome):
    """The caller talked longer than the service or the turn allows."""


@dataclass(frozen=True, kw_only=True)
class HungUp(_Outcome):
    """The caller left."""


@dataclass(frozen=True, kw_only=True)
class SpeechDown(_Outcome):
    """The speech service failed; the call may go on with keys."""

    reason: str
    """One line, for the operator."""


Outcome = Heard | Pressed | NoInput | TooMuchSpeech | HungUp | SpeechDown


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The caller left a message. Not an outcome of a turn, but of taking a message."""

    name: str
    """The file as Asterisk knows it: the absolute path without ``.wav``."""
    duration_s: float
    hung_up: bool = False
    """The caller hung up at the end of it."""
