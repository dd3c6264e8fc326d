"""Finds where sentences begin and end, in the audio's own time. Core, no I/O.

A start is ``START_WINDOWS`` of the last ``RECENT_WINDOWS`` windows with speech. With 32 ms windows
and Silero that is 80 ms (median) after the true onset, and no false start on noise, tones, hum or
music (``engines.md`` 3). An end is silence of ``tail_ms`` after the voice, whose edges are found by
:mod:`~ivr_agi.speech_server.engines.edges`.
"""

from __future__ import annotations

import enum
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from ivr_agi.audio.levels import peak
from ivr_agi.speech_server.engines.edges import REACH_MS, VoiceEdges, frames_of

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.edges import LevelFrame

__all__ = ("SPEECH_OFF", "SPEECH_ON", "Boundary", "Endpointer")

SPEECH_ON = 0.5
"""A window counts as speech for the start at or above this probability."""
SPEECH_OFF = 0.35
"""A window counts as silence for the end below this probability."""
START_WINDOWS = 2
RECENT_WINDOWS = 4
NOISE_WINDOWS = 16
"""Windows without speech that give the line's noise. Only the softer ones count, in case the
detector has missed words."""


class Boundary(enum.Enum):
    """What has ended with a window."""

    VOICE_STARTED = "voice_started"
    """Silence is over; the onset was at :attr:`Endpointer.voice_start_ms`."""
    VOICE_ENDED = "voice_ended"
    """The sentence is over; its end was at :attr:`Endpointer.voice_end_ms`."""


class _Window(NamedTuple):
    start_ms: int
    probability: float
    pcm: bytes

    def frames(self) -> list[LevelFrame]:
        return frames_of(self.pcm, self.start_ms)


class Endpointer:
    """Finds one sentence after another.

    Args:
        window_ms: Length of a window.
        tail_ms: Silence that ends a sentence.
    """

    def __init__(self, *, window_ms: int, tail_ms: int) -> None:
        self._window_ms = window_ms
        self._tail_ms = tail_ms
        self._before: deque[_Window] = deque(maxlen=REACH_MS // window_ms + RECENT_WINDOWS)
        self._noise: deque[int] = deque(maxlen=NOISE_WINDOWS)
        self._edges: VoiceEdges | None = None
        self.position_ms = 0
        """Audio taken so far."""
        self.voice_start_ms = 0
        """Where the newest sentence's voice begins."""
        self.voice_end_ms = 0
        """Where it ends, or how far it has come."""

    @property
    def in_voice(self) -> bool:
        """True if a sentence has begun and not ended."""
        return self._edges is not None

    @property
    def may_start(self) -> bool:
        """True if there is no voice yet, but one more window with speech would start it."""
        recent = list(self._before)[1 - RECENT_WINDOWS :]
        return any(window.probability >= SPEECH_ON for window in recent)

    def push(self, probability: float, pcm: bytes) -> Boundary | None:
        """Take the next window.

        Args:
            probability: Probability of speech, 0 to 1.
            pcm: The window's audio, s16le mono 8 kHz.
        """
        window = _Window(self.position_ms, probability, pcm)
        self.position_ms += self._window_ms
        if self._edges is None:
            boundary = self._wait(window)
        else:
            boundary = self._go_on(self._edges, window)
        return boundary

    def cut(self) -> None:
        """End the sentence here, whatever is heard. None of its audio goes into the next one."""
        self._edges = None
        self._before.clear()

    def _wait(self, window: _Window) -> Boundary | None:
        if window.probability < SPEECH_OFF:
            self._noise.append(peak(window.pcm))
        self._before.append(window)
        recent = list(self._before)[-RECENT_WINDOWS:]
        speech = [window for window in recent if window.probability >= SPEECH_ON]
        if len(speech) < START_WINDOWS:
            return None
        self._edges = VoiceEdges(
            [frame for window in self._before for frame in window.frames()],
            speech_start_ms=speech[0].start_ms,
            noise_peak=sorted(self._noise)[len(self._noise) // 4] if self._noise else 0,
        )
        self._look_at(self._edges)
        return Boundary.VOICE_STARTED

    def _go_on(self, edges: VoiceEdges, window: _Window) -> Boundary | None:
        is_speech = window.probability >= SPEECH_OFF
        (edges.hear_speech if is_speech else edges.hear_other)(window.frames())
        self._look_at(edges)
        if is_speech or self.position_ms - edges.end_ms < self._tail_ms:
            return None
        self.cut()
        return Boundary.VOICE_ENDED

    def _look_at(self, edges: VoiceEdges) -> None:
        self.voice_start_ms, self.voice_end_ms = edges.start_ms, edges.end_ms
