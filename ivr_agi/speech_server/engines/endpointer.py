"""Finds where sentences begin and end, in the audio's own time. Core, no I/O.

A start is what the rule of :mod:`~ivr_agi.speech_server.engines.onset` says. An end is silence of
``tail_ms`` after the voice, whose edges are found by :mod:`~ivr_agi.speech_server.engines.edges`.
"""

from __future__ import annotations

import enum
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from ivr_agi.audio.levels import peak
from ivr_agi.speech_server.engines.edges import REACH_MS, VoiceEdges, frames_of
from ivr_agi.speech_server.engines.onset import SPEECH_ON, WindowRule

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.edges import LevelFrame
    from ivr_agi.speech_server.engines.onset import OnsetRule

__all__ = ("SPEECH_OFF", "Boundary", "Endpointer")

SPEECH_OFF = 0.35
"""A window counts as silence for the end below this probability."""
RECENT_MS = 128
"""The detector's first speech is searched so far back from the start."""
NOISE_MS = 512
"""Sound without speech that gives the line's noise. Only the softer windows count, in case the
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
        onset: Says when one begins; None: two windows with speech.
    """

    def __init__(self, *, window_ms: int, tail_ms: int, onset: OnsetRule | None = None) -> None:
        self._onset = onset or WindowRule(window_ms)
        self._window_ms = window_ms
        self._tail_ms = tail_ms
        self._before: deque[_Window] = deque(maxlen=(REACH_MS + RECENT_MS) // window_ms)
        self._recent_windows = RECENT_MS // window_ms
        self._noise: deque[int] = deque(maxlen=NOISE_MS // window_ms)
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
        recent = list(self._before)[1 - self._recent_windows :]
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
        self._onset.clear()

    def _wait(self, window: _Window) -> Boundary | None:
        if window.probability < SPEECH_OFF:
            self._noise.append(peak(window.pcm))
        self._before.append(window)
        if not self._onset.push(window.probability, window.pcm):
            return None
        recent = list(self._before)[-self._recent_windows :]
        speech = [each for each in recent if each.probability >= SPEECH_ON] or [window]
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
