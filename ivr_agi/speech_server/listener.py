"""Finds sentences in a session's audio, in the audio's own time. Core, no I/O.

Time is counted in samples received, so a file that is sent faster than real time gives the same
sentences. Source: ``sis-protocol.md`` 5 (``vad_head``, ``vad_tail``, ``max_seconds``).
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLES_PER_MS
from ivr_agi.speech_server.engines.endpointer import SPEECH_OFF, Boundary, Endpointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ivr_agi.sis.wire.messages import RecognitionConfig
    from ivr_agi.speech_server.engines.onset import OnsetRule

__all__ = ("Detection", "Listener", "WindowKind")

PRE_SPEECH_MS = 256
"""What comes before the window that says START and always belongs to the sentence."""
BACKGROUND_MS = 384
"""Sound without speech for the noise filter."""
GUARD_MS = 64
"""What is right before the onset counts as the sentence, not as background: it may hold the onset.
"""
UNLIMITED_HEAD_MS = 60_000
"""The meaning of ``vad_head`` 0 (8, row 7)."""


class WindowKind(enum.Enum):
    """What a window of audio is part of."""

    VOICE_START = "voice_start"
    """A sentence has begun; the voice itself is slightly older than this window."""
    VOICE = "voice"
    """It continues."""
    VOICE_END = "voice_end"
    """It is over: silence of ``vad_tail``, or speech of ``max_seconds``."""
    SILENCE_EXCEEDED = "silence_exceeded"
    """No voice for ``vad_head``; the count starts again."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found in the next window or windows."""

    found: WindowKind
    pcm: bytes = b""
    """What belongs to the sentence, s16le mono 8 kHz."""
    background: bytes = b""
    """With VOICE_START: up to 384 ms without speech from before."""


class _Window(NamedTuple):
    pcm: bytes
    probability: float


class Listener:
    """The audio of one session.

    Args:
        config: What START asked for.
        window_samples: Samples (8 kHz) in a window of the speech detector.
        probability: Speech probability of a window's PCM.
        onset: Says when a voice begins; None: two windows with speech.
    """

    def __init__(
        self,
        config: RecognitionConfig,
        *,
        window_samples: int,
        probability: Callable[[bytes], float],
        onset: OnsetRule | None = None,
    ) -> None:
        self._config = config
        self._probability = probability
        self._window_bytes = window_samples * SAMPLE_BYTES
        self._window_ms = window_samples // SAMPLES_PER_MS
        self._head_ms = config.vad_head or UNLIMITED_HEAD_MS
        self._head_from_ms = 0
        self._pending = b""
        self._endpointer = Endpointer(
            window_ms=self._window_ms, tail_ms=config.vad_tail, onset=onset
        )
        self._guard = GUARD_MS // self._window_ms
        self._pre_speech = PRE_SPEECH_MS // self._window_ms
        self._background = BACKGROUND_MS // self._window_ms
        self._recent: deque[_Window] = deque(
            maxlen=self._pre_speech + self._guard + self._background
        )
        self.feed_start_ms = 0
        """Where the audio of VOICE_START begins."""

    @property
    def position_ms(self) -> int:
        """Audio processed so far, in whole windows."""
        return self._endpointer.position_ms

    @property
    def voice_start_ms(self) -> int:
        """Where the sentence's voice begins."""
        return self._endpointer.voice_start_ms

    @property
    def voice_end_ms(self) -> int:
        """Where it ends, or how far it has come."""
        return self._endpointer.voice_end_ms

    def listen(self, pcm: bytes) -> Iterator[Detection]:
        """Take audio of any length (s16le mono 8 kHz, whole samples) and yield what is in it.

        Stopping the iteration drops the rest.
        """
        data = self._pending + pcm
        for at in range(0, len(data) - self._window_bytes + 1, self._window_bytes):
            heard = self._listen(data[at : at + self._window_bytes])
            if heard is not None:
                yield heard
        self._pending = data[len(data) - len(data) % self._window_bytes :]

    def _listen(self, pcm: bytes) -> Detection | None:
        window = _Window(pcm, self._probability(pcm))
        was_in_voice = self._endpointer.in_voice
        boundary = self._endpointer.push(window.probability, pcm)
        if was_in_voice:
            return self._listen_in_voice(window, boundary)
        self._recent.append(window)
        if boundary is Boundary.VOICE_STARTED:
            return self._start_voice()
        is_over = self.position_ms - self._head_from_ms >= self._head_ms
        if is_over and not self._endpointer.may_start:  # otherwise it was not silent to the end
            self._head_from_ms = self.position_ms
            return Detection(WindowKind.SILENCE_EXCEEDED)
        return None

    def _listen_in_voice(self, window: _Window, boundary: Boundary | None) -> Detection:
        spoken_ms = self.position_ms - self.voice_start_ms
        if boundary is Boundary.VOICE_ENDED or spoken_ms >= self._config.max_seconds * 1000:
            self._head_from_ms = min(self.position_ms, self.voice_end_ms + self._config.vad_tail)
            self._endpointer.cut()
            self._recent.clear()  # no audio goes into two sentences
            return Detection(WindowKind.VOICE_END, window.pcm)
        return Detection(WindowKind.VOICE, window.pcm)

    def _start_voice(self) -> Detection:
        windows = list(self._recent)
        onset_ms = self.position_ms - self.voice_start_ms
        onset = len(windows) - -(-onset_ms // self._window_ms)
        n_windows = max(self._pre_speech + 1, len(windows) - onset + self._guard)
        sentence = windows[-n_windows:]
        self.feed_start_ms = self.position_ms - len(sentence) * self._window_ms
        quiet = [
            window.pcm
            for window in windows[: max(0, onset - self._guard)]
            if window.probability < SPEECH_OFF
        ]
        return Detection(
            WindowKind.VOICE_START,
            b"".join(window.pcm for window in sentence),
            b"".join(quiet[-self._background :]),
        )
