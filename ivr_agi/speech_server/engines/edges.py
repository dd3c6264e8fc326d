"""Finds exactly where a voice begins and ends, by level. Core, no I/O.

A speech detector tells speech from noise, but it starts late, ends late, and misses an *s* or a *t*
at either edge: by 100 ms and more (measured). So the edges are searched in frames of 8 ms near its
speech. A frame above 3 % (-30 dB) of the sentence's peak is loud. The search crosses soft sounds
and short silences on its way to the next loud frame. Whatever is not above the line's noise is
silence.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLES_PER_MS
from ivr_agi.audio.levels import peak

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("REACH_MS", "LevelFrame", "VoiceEdges", "frames_of")

LEVEL_FRAME_SAMPLES = 64
LOUD_SHARE = 0.03
"""Share of the sentence's peak; a frame above it belongs to the voice."""
SOFT_SHARE = 0.01
"""Share of the sentence's peak; a frame above it is not silence."""
ABOVE_NOISE = 2.0
"""Multiple of the noise's peak (6 dB); a frame below it is silence."""
LEAST_PEAK = 100
"""A frame below this peak (-50 dBFS) is silence."""
GAP_MS = 160
"""Longest silence inside a word: the mouth closes before a *t*."""
REACH_MS = 384
"""Longest distance from the detector's speech to the edge; what is loud for longer is noise."""
LAG_MS = 192
"""Longest time that the detector hears speech after the voice; beyond it, speech is soft."""


class LevelFrame(NamedTuple):
    """A few milliseconds of sound."""

    start_ms: int
    end_ms: int
    peak: int
    """The largest sample, without sign."""


def frames_of(pcm: bytes, start_ms: int) -> list[LevelFrame]:
    """Cut into frames of 8 ms, or slightly less if the length is not a multiple.

    Args:
        pcm: s16le mono 8 kHz.
        start_ms: When ``pcm`` begins.
    """
    n_samples = len(pcm) // SAMPLE_BYTES
    n_frames = -(-n_samples // LEVEL_FRAME_SAMPLES)
    edges = [at * n_samples // n_frames for at in range(n_frames + 1)]
    return [
        LevelFrame(
            start_ms + begin // SAMPLES_PER_MS,
            start_ms + end // SAMPLES_PER_MS,
            peak(pcm[SAMPLE_BYTES * begin : SAMPLE_BYTES * end]),
        )
        for begin, end in pairwise(edges)
    ]


class VoiceEdges:
    """One sentence's voice, while it is heard.

    Args:
        frames: All frames so far, from before the voice on; the detector heard speech in them.
        speech_start_ms: Where the detector first heard speech.
        noise_peak: Peak of the line without a voice.
    """

    def __init__(self, frames: list[LevelFrame], *, speech_start_ms: int, noise_peak: int) -> None:
        self.end_ms = self._loud_end_ms = frames[-1].end_ms
        """Where the voice ends so far."""
        self._beginning = list(frames)
        self._speech_start_ms = speech_start_ms
        self._noise = max(LEAST_PEAK, ABOVE_NOISE * noise_peak)
        self._peak = max(frame.peak for frame in frames if frame.start_ms >= speech_start_ms)
        self.start_ms = self._find_start()
        """Where it begins; more exact once the sentence's peak is known."""
        # The first sounds, which the detector may have missed, may be the loudest.
        self._raise_peak(frame for frame in frames if frame.start_ms >= self.start_ms)
        self.hear_speech(frames[-1:])

    def hear_speech(self, frames: list[LevelFrame]) -> None:
        """Take the next frames, in which the detector hears speech."""
        self._remember(frames)
        self._raise_peak(frames)
        loud = [frame for frame in frames if frame.peak > self._loud]
        self._speech_end_ms = frames[-1].end_ms
        if loud:
            self.end_ms = self._loud_end_ms = loud[-1].end_ms
        elif self._peak <= self._noise or self._speech_end_ms - self._loud_end_ms > LAG_MS:
            self.end_ms = self._speech_end_ms
        self._sure_end_ms = self.end_ms
        self._silence_ms = 0
        self._is_followed = True

    def hear_other(self, frames: list[LevelFrame]) -> None:
        """Take the next frames, in which it hears no speech: the end of a word, silence, noise."""
        self._remember(frames)
        for frame in frames:
            if not self._is_followed:
                return
            length_ms = frame.end_ms - frame.start_ms
            self._silence_ms = 0 if frame.peak > self._soft else self._silence_ms + length_ms
            self._is_followed = self._silence_ms <= GAP_MS
            if frame.peak > self._loud:
                self._raise_peak([frame])
                self.end_ms = self._loud_end_ms = frame.end_ms
            if self.end_ms - self._speech_end_ms > REACH_MS:
                self.end_ms, self._is_followed = self._sure_end_ms, False

    @property
    def _loud(self) -> float:
        return max(LOUD_SHARE * self._peak, self._noise)

    @property
    def _soft(self) -> float:
        return max(SOFT_SHARE * self._peak, self._noise)

    def _remember(self, frames: list[LevelFrame]) -> None:
        if frames[0].start_ms - self._speech_start_ms <= REACH_MS:
            self._beginning += frames

    def _raise_peak(self, frames: Iterable[LevelFrame]) -> None:
        peak = max(frame.peak for frame in frames)
        if peak > self._peak:
            self._peak = peak
            self.start_ms = self._find_start()

    def _find_start(self) -> int:
        """Search back from the detector's first speech, or forward if that is not loud."""
        loud, soft = self._loud, self._soft
        start_ms = self._speech_start_ms
        after = (f.start_ms for f in self._beginning if f.start_ms >= start_ms and f.peak > loud)
        heard_ms = start_ms = next(after, start_ms)
        silence_ms = 0
        for frame in reversed(self._beginning):
            if frame.start_ms >= self._speech_start_ms:
                continue
            silence_ms = 0 if frame.peak > soft else silence_ms + frame.end_ms - frame.start_ms
            if silence_ms > GAP_MS:
                break
            if frame.peak > loud:
                start_ms = frame.start_ms
        return start_ms if self._speech_start_ms - start_ms <= REACH_MS else heard_ms
