"""A message that the caller leaves: when it is over, and which part is kept. Core, no I/O.

Driven by :mod:`.message_taker` with every 20 ms frame of the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S
from ivr_agi.dialogue.hearing.onset import OnsetDetector

if TYPE_CHECKING:
    import datetime

__all__ = ("MessagePlan", "MessageRecorder", "message_name")

BEFORE_FRAMES = 15
AFTER_FRAMES = 25
"""Kept before and after the voice: 300 ms for soft beginnings, 500 ms for soft endings."""


@dataclass(frozen=True, kw_only=True)
class MessagePlan:
    """How a message is taken; times in seconds."""

    max_s: float = 120.0
    """A longer one is cut off."""
    min_s: float = 1.0
    """Less than this from the first word to the last is no message."""
    silence_s: float = 3.0
    """Silence after words that ends it."""
    timeout_s: float = 5.0
    """Silence at the beginning after which there is no message."""
    end_keys: str = "#"
    """Keys that end it."""
    leave_keys: str = ""
    """Keys that mean something else: then there is no message."""
    keep_on_hang_up: bool = True
    """A caller who hangs up has left a message nevertheless."""


class MessageRecorder:
    """Takes the caller's frames until the message is over.

    Args:
        plan: How it is taken.
    """

    def __init__(self, plan: MessagePlan) -> None:
        self._plan = plan
        self._detector = OnsetDetector()
        self._pcm = bytearray()
        self._n_frames = 0
        self._first_voice: int | None = None
        self._last_voice = 0

    def feed(self, frame: bytes) -> None:
        """Take one frame (320 bytes, s16le mono 8 kHz); no effect once it is over."""
        if self.is_over:
            return
        self._detector.feed(frame)
        if self._detector.is_voice:
            self._last_voice = self._n_frames
            if self._first_voice is None:
                self._first_voice = self._n_frames
        self._pcm += frame
        self._n_frames += 1

    @property
    def is_over(self) -> bool:
        """No further frame belongs to the message."""
        plan = self._plan
        if self._n_frames * FRAME_S >= plan.max_s:
            return True
        if self._first_voice is None:
            return self._n_frames * FRAME_S >= plan.timeout_s
        return (self._n_frames - self._last_voice) * FRAME_S >= plan.silence_s

    def message(self) -> bytes:
        """Return it (s16le mono 8 kHz) without the silence around it; empty if it is too short."""
        first, last = self._first_voice, self._last_voice
        if first is None or (last - first + 1) * FRAME_S < self._plan.min_s:
            return b""
        begin = max(0, first - BEFORE_FRAMES)
        return bytes(self._pcm[begin * FRAME_BYTES : (last + AFTER_FRAMES) * FRAME_BYTES])


def message_name(call_id: str, began: datetime.datetime, number: int) -> str:
    """Return a file name for a message that sorts by time and is safe whatever the id holds."""
    call = re.sub(r"[^A-Za-z0-9.-]", "_", call_id)[:64].strip(".") or "call"
    return f"{began:%Y%m%d-%H%M%S}-{call}-{number}"
