"""Can we hear the caller at all? One-way audio, a dead microphone, a line that is too loud.

Layer: bottom, no I/O. Counts over one call; the verdict goes into the report of the call.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from ivr_agi.audio.frames import FRAME_S, FRAME_SAMPLES
from ivr_agi.audio.levels import AUDIBLE_DBFS, SILENCE_DBFS, rms

__all__ = ("AudioHealth", "AudioMeter", "AudioVerdict")

NO_AUDIO_S = 2.0
"""Seconds without a frame that are neither jitter nor a short mute."""

SILENT_S = 5.0
"""Seconds of equal samples: a line that carries sound has noise, a muted one has none."""

CLIPPED_SHARE = 0.01
"""Share of the audible samples at the limit above which speech is distorted."""

LOUD_DBFS, SOFT_DBFS = -10.0, -40.0
"""Speech outside these levels means a bad setup; -26 is usual, -38 is a soft speaker."""

MIN_JUDGED_S = 0.5
"""Audible sound needed to judge level and clipping, in seconds."""

CLIP_LIMIT = 32000
"""A sample of this size is at the limit: 32124 and 32256 are the last steps of G.711."""


class AudioVerdict(enum.StrEnum):
    """What is wrong with the caller's audio; the most serious first."""

    NO_FRAMES = "no frames"
    """Nothing has arrived for 2 s: one-way audio, hold, or a phone that sends no silence."""
    DIGITAL_SILENCE = "digital silence"
    """Frames arrive, but all samples are equal: muted, or a gateway that sends empty frames. Not
    where words were understood: some lines send such frames whenever the caller is quiet."""
    CLIPPED = "clipped"
    """More than 1 % of the audible samples are at the limit."""
    TOO_LOUD = "too loud"
    """Louder than -10 dBFS."""
    TOO_SOFT = "too soft"
    """Softer than -40 dBFS."""
    GOOD = "good"
    """Nothing is wrong, or too little is known yet."""


@dataclass(frozen=True, kw_only=True)
class AudioHealth:
    """What has arrived from the caller so far."""

    verdict: AudioVerdict
    """What is wrong now."""
    frames: int
    """Frames from the caller."""
    missing_s: float
    """Seconds since the last frame."""
    longest_missing_s: float
    """The longest such time of the call, seconds."""
    silent_s: float
    """Seconds for which the frames have been digital silence."""
    longest_silent_s: float
    """The longest such time of the call, seconds."""
    clipped_share: float
    """Share of the audible samples that are at the limit, 0 to 1."""
    level_dbfs: float
    """Level of the audible frames; ``SILENCE_DBFS`` if there are none."""


class AudioMeter:
    """Counts frames, for one call; fed by whoever has the caller's frames.

    Args:
        now: Monotonic seconds.
    """

    def __init__(self, now: float) -> None:
        self._frames = 0
        self._last_at = now
        self._longest_missing_s = 0.0
        self._silent_frames = 0
        self._longest_silent_frames = 0
        self._audible_frames = 0
        self._audible_power = 0.0
        self._clipped_samples = 0

    def feed(self, frame: bytes, now: float) -> None:
        """Take one frame from the caller (320 bytes), but no filled one, at ``now``."""
        missing_s = now - self._last_at
        if missing_s > self._longest_missing_s:
            self._longest_missing_s = missing_s
        self._last_at = now
        self._frames += 1
        if frame == frame[:2] * FRAME_SAMPLES:  # also the 8 or -8 that G.711 turns 0 into
            self._silent_frames += 1
            self._longest_silent_frames = max(self._longest_silent_frames, self._silent_frames)
            return
        self._silent_frames = 0
        power = rms(frame) ** 2
        if power < _AUDIBLE_POWER:
            return
        self._audible_frames += 1
        self._audible_power += power
        if power > _CLIP_POWER:
            samples = np.abs(np.frombuffer(frame, "<i2").astype(np.int32))
            self._clipped_samples += int(np.count_nonzero(samples >= CLIP_LIMIT))

    def health(self, now: float, *, was_understood: bool = False) -> AudioHealth:
        """Sum up at ``now``, monotonic seconds.

        Args:
            now: Monotonic seconds.
            was_understood: Words came out of the caller's audio: then there was a voice in it.
        """
        missing_s = max(0.0, now - self._last_at)
        silent_s = self._silent_frames * FRAME_S
        level_dbfs, clipped_share = SILENCE_DBFS, 0.0
        if self._audible_frames:
            mean = self._audible_power / self._audible_frames
            level_dbfs = 10 * float(np.log10(mean / _FULL_SCALE_POWER))
            clipped_share = self._clipped_samples / (self._audible_frames * FRAME_SAMPLES)
        return AudioHealth(
            verdict=self._verdict(
                missing_s, 0.0 if was_understood else silent_s, clipped_share, level_dbfs
            ),
            frames=self._frames,
            missing_s=missing_s,
            longest_missing_s=max(self._longest_missing_s, missing_s),
            silent_s=silent_s,
            longest_silent_s=self._longest_silent_frames * FRAME_S,
            clipped_share=clipped_share,
            level_dbfs=level_dbfs,
        )

    def _verdict(
        self, missing_s: float, silent_s: float, clipped_share: float, level_dbfs: float
    ) -> AudioVerdict:
        if missing_s >= NO_AUDIO_S:
            return AudioVerdict.NO_FRAMES
        if silent_s >= SILENT_S:
            return AudioVerdict.DIGITAL_SILENCE
        if self._audible_frames * FRAME_S < MIN_JUDGED_S:
            return AudioVerdict.GOOD
        if clipped_share > CLIPPED_SHARE:
            return AudioVerdict.CLIPPED
        if level_dbfs > LOUD_DBFS:
            return AudioVerdict.TOO_LOUD
        return AudioVerdict.TOO_SOFT if level_dbfs < SOFT_DBFS else AudioVerdict.GOOD


_FULL_SCALE_POWER = 32768.0**2
_AUDIBLE_POWER = _FULL_SCALE_POWER * 10 ** (AUDIBLE_DBFS / 10)
_CLIP_POWER = CLIP_LIMIT**2 / FRAME_SAMPLES
"""A frame with a lower level cannot have a sample at the limit."""
