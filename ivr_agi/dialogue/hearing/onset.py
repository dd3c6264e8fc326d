"""When the caller begins to talk, told by the plugin itself. Core, no I/O.

For services that are far away: their VOICE_START comes a round trip late. Much simpler than a
trained detector, and quicker; it may only ever *pause* a prompt, the service's words decide.

A frame is *active* when it is louder than the line's floor and than a gate, and is no tone (keys,
ringing, busy). It is *voiced* when its spectrum has peaks, which white or pink noise and breath
have not. The onset is told at three active frames of the last four with a voiced one among them.

Driven by the dialogue session: every 20 ms frame into :meth:`OnsetDetector.feed`.
"""

from __future__ import annotations

import enum
import math
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.audio.frames import FRAME_SAMPLES, SAMPLE_RATE_HZ, SILENCE_FRAME

if TYPE_CHECKING:
    from ivr_agi.audio.levels import Samples

__all__ = ("GATE_DBFS", "Onset", "OnsetDetector")

GATE_DBFS = -55.0
"""Softer than this is no voice: over line noise, under a soft speaker."""

OVER_FLOOR_DB = 6.0
"""An active frame is that much over the floor. Frames of white noise differ by 1.5 dB."""

FLOOR_FRAMES = 75
"""The floor is the quietest frame of the last 1.5 s: speech pauses in that time, noise does not."""

ACTIVE_FRAMES, RECENT_FRAMES = 3, 4
RELEASE_FRAMES = 10
"""200 ms without an active frame end the voice: longer than the gap in a double consonant."""

VOICED_FLATNESS = 0.2
"""Geometric over arithmetic mean of the spectrum: white noise 0.56, pink 0.4, vowels under 0.1."""

CLICK_SHARE = 0.8
"""Energy within 10 ms; a low voice has a pulse every 12 ms, so half of it at its very onset."""

TONE_SHARE = 0.93
"""Power in the two strongest peaks; two is what a key has."""


class Onset(enum.Enum):
    """What a frame turned out to be the end of."""

    BEGAN = "began"
    """The caller talks."""
    RELEASED = "released"
    """The caller has been quiet for 200 ms."""


_WINDOW_SAMPLES = 2 * FRAME_SAMPLES
_BLOCK_SAMPLES = FRAME_SAMPLES // 4
_BIN_HZ = SAMPLE_RATE_HZ / _WINDOW_SAMPLES
_BAND = slice(round(200 / _BIN_HZ), round(3400 / _BIN_HZ))  # of the telephone; above mains hum
_PEAK_BINS = 3  # half the width of a tone's peak under the window
_WINDOW = np.hanning(_WINDOW_SAMPLES) / 32768.0
_TO_POWER = 2.0 / (_WINDOW_SAMPLES * float(np.sum(np.hanning(_WINDOW_SAMPLES) ** 2)))
# Vowels lean on their first harmonics; raised highs make them differ from tones.
_EMPHASIS = (
    np.abs(1 - 0.95 * np.exp(-2j * np.pi * np.arange(_BAND.start, _BAND.stop) / _WINDOW_SAMPLES))
    ** 2
)


class OnsetDetector:
    """Finds where a voice begins and ends."""

    def __init__(self) -> None:
        self.is_voice = False
        """Between an onset and its release."""
        self._samples = np.zeros(2 * FRAME_SAMPLES)
        self._floors: deque[float] = deque(maxlen=FLOOR_FRAMES)
        self._active: deque[bool] = deque(maxlen=RECENT_FRAMES)
        self._voiced: deque[bool] = deque(maxlen=RECENT_FRAMES)
        self._quiet_frames = 0

    def feed(self, frame: bytes) -> Onset | None:
        """Take one frame (320 bytes, s16le mono 8 kHz)."""
        active, voiced = self._look(frame)
        if self.is_voice:
            self._quiet_frames = 0 if active else self._quiet_frames + 1
            if self._quiet_frames < RELEASE_FRAMES:
                return None
            self.is_voice = False
            self._active.clear()
            self._voiced.clear()
            return Onset.RELEASED
        self._active.append(active)
        self._voiced.append(voiced)
        if sum(self._active) < ACTIVE_FRAMES or not any(self._voiced):
            return None
        self.is_voice = True
        self._quiet_frames = 0
        return Onset.BEGAN

    def _look(self, frame: bytes) -> tuple[bool, bool]:
        """Whether a frame, with the one before it, is active and voiced."""
        samples = self._samples
        samples[:FRAME_SAMPLES] = samples[FRAME_SAMPLES:]
        if frame == SILENCE_FRAME:  # most frames of many calls
            samples[FRAME_SAMPLES:] = 0.0
            self._floors.append(GATE_DBFS - OVER_FLOOR_DB)  # else a voice out of it were the floor
            return False, False
        samples[FRAME_SAMPLES:] = np.frombuffer(frame, "<i2")
        spectrum = np.fft.rfft(samples * _WINDOW)[_BAND]
        power = spectrum.real**2 + spectrum.imag**2
        level_dbfs = 10 * math.log10(float(power.sum()) * _TO_POWER + 1e-12)
        self._floors.append(level_dbfs)
        if level_dbfs < GATE_DBFS or level_dbfs < min(self._floors) + OVER_FLOOR_DB:
            return False, False
        if _is_click(samples):
            return False, False
        flatness = math.exp(float(np.log(power + 1e-20).mean())) / float(power.mean())
        if flatness > VOICED_FLATNESS:
            return True, False
        power *= _EMPHASIS
        total = float(power.sum())
        is_tone = _take_peak(power) + _take_peak(power) > TONE_SHARE * total
        return not is_tone, not is_tone


def _is_click(samples: Samples) -> bool:
    """True if nearly all of the energy is in 10 of the 40 ms."""
    blocks = samples.reshape(-1, _BLOCK_SAMPLES)
    energies = np.einsum("ij,ij->i", blocks, blocks)
    return bool((energies[1:] + energies[:-1]).max() > CLICK_SHARE * energies.sum())


def _take_peak(power: Samples) -> float:
    """Power of the strongest peak, which is removed."""
    at = int(power.argmax())
    peak = power[max(0, at - _PEAK_BINS) : at + _PEAK_BINS + 1]
    taken = float(peak.sum())
    peak[:] = 0.0
    return taken
