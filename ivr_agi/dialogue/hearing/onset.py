"""Detects the moment at which the caller begins to talk. Core, no I/O.

For services that are far away, whose VOICE_START comes a round trip late. Much simpler than a
trained detector, and faster; it can only *pause* a prompt, the service's words decide.

A frame is *active* if it is louder than the line's noise floor and a gate, and no tone (keys,
ringing, busy). It is *voiced* if its spectrum has peaks, unlike white or pink noise and breath. An
onset is three active frames among the last four, at least one of them voiced.

Driven by :class:`~ivr_agi.dialogue.hearing.ear.Ear`, and by the recorder of a message: every 20 ms
frame goes into :meth:`OnsetDetector.feed`.
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
"""The gate. What is softer is no voice: above line noise, below a soft speaker."""

OVER_FLOOR_DB = 6.0
"""How far an active frame is above the floor. Frames of white noise differ by 1.5 dB."""

FLOOR_FRAMES = 75
"""The floor is the quietest frame of the last 1.5 s: speech pauses in that time, noise does not."""

ACTIVE_FRAMES, RECENT_FRAMES = 3, 4
RELEASE_FRAMES = 10
"""200 ms without an active frame end a voice: longer than the gap in a double consonant."""

VOICED_FLATNESS = 0.2
"""Geometric by arithmetic mean of the spectrum: white noise 0.56, pink 0.4, vowels below 0.1."""

CLICK_SHARE = 0.8
"""Share of the energy within 10 ms that makes a click; a low voice has a pulse every 12 ms, so
half of its energy at the very onset."""

TONE_SHARE = 0.93
"""Share of the power in the two strongest peaks that makes a tone; a key has two."""


class Onset(enum.Enum):
    """What happened with a frame."""

    BEGAN = "began"
    """The caller has begun to talk."""
    RELEASED = "released"
    """The caller has been quiet for 200 ms."""


_WINDOW_SAMPLES = 2 * FRAME_SAMPLES
_BLOCK_SAMPLES = FRAME_SAMPLES // 4
_BIN_HZ = SAMPLE_RATE_HZ / _WINDOW_SAMPLES
_BAND = slice(round(200 / _BIN_HZ), round(3400 / _BIN_HZ))  # of a telephone, above mains hum
_PEAK_BINS = 3  # half the width of a tone's peak under the window
_WINDOW = np.hanning(_WINDOW_SAMPLES) / 32768.0
_TO_POWER = 2.0 / (_WINDOW_SAMPLES * float(np.sum(np.hanning(_WINDOW_SAMPLES) ** 2)))
# Vowels have most power in their first harmonics; raised highs tell them from tones.
_EMPHASIS = (
    np.abs(1 - 0.95 * np.exp(-2j * np.pi * np.arange(_BAND.start, _BAND.stop) / _WINDOW_SAMPLES))
    ** 2
)


class OnsetDetector:
    """Finds the beginning and the end of a voice."""

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
        """Return whether a frame, with the one before it, is active, and whether it is voiced."""
        samples = self._samples
        samples[:FRAME_SAMPLES] = samples[FRAME_SAMPLES:]
        if frame == SILENCE_FRAME:  # most frames of many calls
            samples[FRAME_SAMPLES:] = 0.0
            self._floors.append(GATE_DBFS - OVER_FLOOR_DB)  # or a voice after it would be the floor
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
    """Return True if nearly all of the energy lies within 10 of the 40 ms."""
    blocks = samples.reshape(-1, _BLOCK_SAMPLES)
    energies = np.einsum("ij,ij->i", blocks, blocks)
    return bool((energies[1:] + energies[:-1]).max() > CLICK_SHARE * energies.sum())


def _take_peak(power: Samples) -> float:
    """Remove the strongest peak and return its power."""
    at = int(power.argmax())
    peak = power[max(0, at - _PEAK_BINS) : at + _PEAK_BINS + 1]
    taken = float(peak.sum())
    peak[:] = 0.0
    return taken
