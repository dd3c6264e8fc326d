"""Where exactly a voice begins and ends, by the sound's level. Core, no I/O.

A speech detector knows speech from noise, but it comes late, leaves late, and misses an *s* or a
*t* at either edge: 100 ms and more (measured). So the edges are looked for in frames of 8 ms near
to where it hears speech. Loud is a frame above 3 % (-30 dB) of the sentence's peak; soft sounds and
short silences are crossed on the way to the next loud frame; what is not above the line's noise is
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
"""Of the sentence's peak: above it a frame is a part of the voice."""
SOFT_SHARE = 0.01
"""Above it a frame is no silence."""
ABOVE_NOISE = 2.0
"""Times the noise's peak (6 dB): below it a frame is silence."""
LEAST_PEAK = 100
"""Below it (-50 dBFS) a frame is silence."""
GAP_MS = 160
"""Silence that a word may have in it: a mouth that is closed before a *t*."""
REACH_MS = 384
"""So far from the detector's speech the voice may go. What stays loud for longer is a noise."""
LAG_MS = 192
"""So long the detector may go on after the voice. For longer, it hears soft speech."""


class LevelFrame(NamedTuple):
    """A few milliseconds of sound."""

    start_ms: int
    end_ms: int
    peak: int
    """Its largest sample, without sign."""


def frames_of(pcm: bytes, start_ms: int) -> list[LevelFrame]:
    """Frames of 8 ms, or a little less where that does not go into it evenly.

    Args:
        pcm: s16le mono 8 kHz.
        start_ms: When it begins.
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
        frames: Up to now, from before the voice on, in which the detector has heard speech.
        speech_start_ms: Where it has first heard it.
        noise_peak: Of the line without a voice.
    """

    def __init__(self, frames: list[LevelFrame], *, speech_start_ms: int, noise_peak: int) -> None:
        self.end_ms = self._loud_end_ms = frames[-1].end_ms
        """Where the voice ends by now."""
        self._beginning = list(frames)
        self._speech_start_ms = speech_start_ms
        self._noise = max(LEAST_PEAK, ABOVE_NOISE * noise_peak)
        self._peak = max(frame.peak for frame in frames if frame.start_ms >= speech_start_ms)
        self.start_ms = self._find_start()
        """Where it begins; better known when the sentence's peak is."""
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
        """Take the next frames, in which it hears none: the end of a word, silence, or noise."""
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
        """Go back from the detector's first speech, or on from there where that is not loud."""
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
