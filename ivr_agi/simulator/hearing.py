"""What the caller takes for a prompt: audible sound, until it has been quiet for a while. No I/O.

A silent file (played to wait for keys) is no prompt, and a short gap (between two files, or an
underrun) does not end one. A prompt that is cut off, by a key or by barge-in, ends there: the
caller hears that, however soon the next one begins.
"""

from __future__ import annotations

from ivr_agi.audio.frames import FRAME_S
from ivr_agi.audio.levels import is_audible
from ivr_agi.simulator.events import CLOCK_SLACK_S, CallEvent, CallEventKind

__all__ = ("PROMPT_GAP_S", "PromptListener")

PROMPT_GAP_S = 0.4
"""Silence after which a prompt has ended: longer than the pauses between spoken sentences."""


class PromptListener:
    """Turns the frames that the caller hears into PROMPT_STARTED and PROMPT_ENDED."""

    def __init__(self, *, gap_s: float = PROMPT_GAP_S) -> None:
        self._gap_s = gap_s
        self._name = ""
        self._heard_until: float | None = None
        """End of the last audible frame of the prompt that is on; None between prompts."""

    def hear(self, frame: bytes, now: float, name: str) -> list[CallEvent]:
        """One frame (s16le mono 8 kHz, 20 ms) that begins at ``now``, from the sound ``name``."""
        if is_audible(frame):
            begins = self._heard_until is None
            self._heard_until = now + FRAME_S
            if begins:
                self._name = name
                return [CallEvent(now, CallEventKind.PROMPT_STARTED, name)]
        elif self._heard_until is not None:
            quiet_s = now + FRAME_S - self._heard_until
            if quiet_s + CLOCK_SLACK_S >= self._gap_s:
                return self.cut()
        return []

    def cut(self) -> list[CallEvent]:
        """The sound was cut off, or the call is over: a prompt, if on, ends here."""
        if self._heard_until is None:
            return []
        ended = CallEvent(self._heard_until, CallEventKind.PROMPT_ENDED, self._name)
        self._heard_until = None
        return [ended]
