"""Keeps the times of a turn for its report. Core, no I/O; written by the turn and the session."""

from __future__ import annotations

from ivr_agi.dialogue.turn.inputs import (
    EchoHeard,
    OwnVoiceHeard,
    PromptEnded,
    PromptStarted,
    TurnInput,
)
from ivr_agi.dialogue.turn.outcomes import TurnReport
from ivr_agi.sis.wire.events import (
    RecognitionEnded,
    RecognitionEvent,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)

__all__ = ("TurnLog",)

_LEGS = ("first_interim_ms", "voice_ended_ms", "final_ms", "ended_ms")
"""What follows a voice: forgotten where another one begins."""


class TurnLog:
    """The times of one turn, in ms since its begin.

    Args:
        now: Its begin, monotonic seconds.
    """

    def __init__(self, now: float) -> None:
        self.true_barge_ins = 0
        self.false_barge_ins = 0
        self.false_onsets = 0
        self._begun_at = now
        self._times: dict[str, int] = {}
        self._trace_ids: dict[str, None] = {}  # in order, each once
        self._stop_position_ms: int | None = None

    @property
    def prompt_has_begun(self) -> bool:
        """The prompt was heard, if only its begin."""
        return "prompt_started_ms" in self._times

    def note(self, told: TurnInput, now: float) -> None:
        """Note the time of what the turn was told, if it is one that is reported."""
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
        """Note that Asterisk has stopped the prompt at that position."""
        self._times["stop_confirmed_ms"] = self._ms(now)
        self._stop_position_ms = position_ms

    def note_resume(self) -> None:
        """Note that the stop was for nothing."""
        self._times.pop("stop_confirmed_ms", None)
        self._stop_position_ms = None

    def report(self, now: float) -> TurnReport:
        """Sum up."""
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
