"""Keeps the times of a turn for its report. Core, no I/O; written by the turn and the session."""

from __future__ import annotations

from ivr_agi.dialogue.turn.outcomes import TurnReport
from ivr_agi.dialogue.turn.table import Happening

__all__ = ("TurnLog",)

_LEGS = {
    Happening.INTERIM: "first_interim_ms",
    Happening.VOICE_ENDED: "voice_ended_ms",
    Happening.WORDS: "final_ms",
    Happening.SESSION_ENDED: "ended_ms",
}
"""What follows a voice, and where its time is kept."""


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

    def note(self, happening: Happening, now: float, trace_id: str | None) -> None:
        """Note the time of what happened, if it is one that is reported."""
        if trace_id is not None:
            self._trace_ids[trace_id] = None
        if happening is Happening.PROMPT_STARTED:
            self._times.setdefault("prompt_started_ms", self._ms(now))
        elif happening is Happening.PROMPT_ENDED:
            self._times["prompt_ended_ms"] = self._ms(now)
        elif happening is Happening.VOICE_STARTED:
            self._times["voice_started_ms"] = self._ms(now)
            for leg in _LEGS.values():
                self._times.pop(leg, None)
        elif happening is Happening.INTERIM:
            self._times.setdefault(_LEGS[happening], self._ms(now))
        elif happening in _LEGS:
            self._times[_LEGS[happening]] = self._ms(now)

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
