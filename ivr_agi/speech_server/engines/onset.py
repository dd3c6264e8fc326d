"""Decides when a voice has begun, from a detector's probabilities and the sound. Core, no I/O.

A detector is trained to find speech anywhere. At the beginning of a sound it also takes hums and
tones for a voice, and is sure of a real one only after three or four windows. Here every window
gives *evidence*, and a voice has begun when there is enough within 160 ms:

* The evidence is the detector's log odds, more for a sound that repeats itself as a voice does
  (with its pitch), little for hiss.
* There is none in a sound that has nothing above 1600 Hz but the line's noise: the hum of the
  mains or of closed lips, a tone. The least vowel has its third formant there.
* There is none while the level falls. That is the end of a sound.
* There is less on a line on which the detector has half heard voices for a second, but nobody has
  begun: other people in the room.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ivr_agi.audio.frames import SAMPLE_RATE_HZ, SAMPLES_PER_MS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("SPEECH_ON", "EvidenceRule", "OnsetRule", "WindowRule")

SPEECH_ON = 0.5
"""A window counts as speech for the start at or above this probability."""
VOTE_MS = 128
START_WINDOWS = 2

EVIDENCE_MS = 160
"""How long evidence counts: as long as the consonant and the vowel of a short word."""
ENOUGH = 1.5
"""Two windows at a probability of 0.54, or at 0.85 if half of them is hiss."""
MOST_EVIDENCE = 4.0
"""Of one window: probabilities above 0.97 tell nothing more."""
ZERO = -0.6
"""Log odds that are no evidence: a probability of 0.35."""
LEAST_PROBABILITY = 0.2
LEAST_DBFS = -60.0
FALL_DB = 8.0
"""A level that much below the last 64 ms falls. Within a vowel levels differ by less."""
CROWD_MS = 1000
CROWD_WEIGHT = 4.0
"""What the mean probability of that second takes from the log odds."""
UNVOICED, VOICED = 0.4, 0.9
"""Similarity of 20 ms to those one pitch period earlier, of hiss and of a voice."""
UNVOICED_WEIGHT = 0.15
FRICTION_HZ = 1600
HIGH_SHARE_DB = -31.0
"""What a vowel has above that at least, of the whole. A hum over line noise has -34."""
FLOOR_DBFS = -55.0
"""More than this is not taken off as noise of the line: it is the sound itself, if that lasts."""
FLOOR_MS = 640

_SAMPLES = 40 * SAMPLES_PER_MS
_PERIOD_SAMPLES = 20 * SAMPLES_PER_MS
_MIN_LAG = SAMPLE_RATE_HZ // 400
_MAX_LAG = SAMPLE_RATE_HZ // 45
_LEVEL_SAMPLES = 32 * SAMPLES_PER_MS
_BIN_HZ = SAMPLE_RATE_HZ / _SAMPLES
_LOW_BIN = round(100 / _BIN_HZ)
_HIGH_BIN = round(FRICTION_HZ / _BIN_HZ)
_WINDOW = np.hanning(_SAMPLES)
# Power of white noise of mean square 1 in the bins from _HIGH_BIN on, twice: it varies.
_NOISE_HIGH = 2.0 * float(np.sum(_WINDOW**2)) * (_SAMPLES // 2 + 1 - _HIGH_BIN)
_FULL_SCALE = 32768.0


class OnsetRule(Protocol):
    """Says when a voice has begun; one object a session, used while there is no voice."""

    def push(self, probability: float, pcm: bytes) -> bool:
        """Take the next window and return True if a voice has begun by its end.

        Args:
            probability: Of speech, 0 to 1.
            pcm: The window's audio, s16le mono 8 kHz.
        """
        ...

    def clear(self) -> None:
        """Forget what was heard: a sentence has ended."""
        ...


class WindowRule:
    """Two windows with speech within 128 ms, whatever they sound like.

    Args:
        window_ms: Length of a window.
    """

    def __init__(self, window_ms: int) -> None:
        self._recent: deque[bool] = deque(maxlen=max(START_WINDOWS, VOTE_MS // window_ms))

    def push(self, probability: float, pcm: bytes) -> bool:
        """Count the window."""
        del pcm
        self._recent.append(probability >= SPEECH_ON)
        return sum(self._recent) >= START_WINDOWS

    def clear(self) -> None:
        """Count from the beginning."""
        self._recent.clear()


class EvidenceRule:
    """Evidence from probabilities and sound, as above.

    Args:
        window_ms: Length of a window.
    """

    def __init__(self, window_ms: int) -> None:
        self._samples: NDArray[np.float64] = np.zeros(_PERIOD_SAMPLES + _MAX_LAG)
        self._evidence: deque[float] = deque(maxlen=EVIDENCE_MS // window_ms)
        self._levels: deque[float] = deque(maxlen=FLOOR_MS // window_ms)
        self._falls_within = 64 // window_ms
        self._floor_until = -(64 // window_ms)
        self._before: deque[float] = deque(maxlen=EVIDENCE_MS // window_ms)
        self._crowd: deque[float] = deque(maxlen=CROWD_MS // window_ms)
        self._crowd_sum = 0.0

    def push(self, probability: float, pcm: bytes) -> bool:
        """Add the window's evidence."""
        samples = np.frombuffer(pcm, "<i2")
        self._samples[: -samples.size] = self._samples[samples.size :]
        self._samples[-samples.size :] = samples
        newest = self._samples[-_LEVEL_SAMPLES:]
        level_dbfs = 10 * math.log10(float(newest @ newest) / newest.size / _FULL_SCALE**2 + 1e-12)
        self._evidence.append(self._weigh(probability, level_dbfs))
        self._levels.append(level_dbfs)
        self._remember(probability)
        return (
            self._evidence[-1] > 0
            and sum(each > 0 for each in self._evidence) >= START_WINDOWS
            and sum(self._evidence) >= ENOUGH
        )

    def clear(self) -> None:
        """Forget the evidence, not the line."""
        self._evidence.clear()
        self._before.clear()
        self._crowd.clear()
        self._crowd_sum = 0.0

    def _weigh(self, probability: float, level_dbfs: float) -> float:
        if probability < LEAST_PROBABILITY or level_dbfs < LEAST_DBFS:
            return 0.0
        levels = list(self._levels)
        if level_dbfs < max(levels[-self._falls_within :], default=level_dbfs) - FALL_DB:
            return 0.0
        odds = math.log(probability / max(1e-3, 1 - probability))
        if self._crowd:
            odds -= CROWD_WEIGHT * self._crowd_sum / len(self._crowd)
        if odds <= ZERO or self._is_low(levels[: self._floor_until]):
            return 0.0
        voiced = min(max((self._similarity() - UNVOICED) / (VOICED - UNVOICED), 0.0), 1.0)
        return min(MOST_EVIDENCE, odds - ZERO) * (UNVOICED_WEIGHT + (1 - UNVOICED_WEIGHT) * voiced)

    def _remember(self, probability: float) -> None:
        """Let what is older than the evidence count as the line."""
        if len(self._before) == self._before.maxlen:
            if len(self._crowd) == self._crowd.maxlen:
                self._crowd_sum -= self._crowd[0]
            self._crowd.append(self._before[0])
            self._crowd_sum += self._before[0]
        self._before.append(probability)

    def _is_low(self, levels: list[float]) -> bool:
        """Return True if there is nothing but noise of the line above 1600 Hz."""
        spectrum = np.fft.rfft(self._samples[-_SAMPLES:] * _WINDOW)
        power = spectrum.real**2 + spectrum.imag**2
        total, high = float(power[_LOW_BIN:].sum()), float(power[_HIGH_BIN:].sum())
        floor_dbfs = min(FLOOR_DBFS, sorted(levels)[len(levels) // 4] if levels else FLOOR_DBFS)
        high -= _NOISE_HIGH * _FULL_SCALE**2 * 10 ** (floor_dbfs / 10)
        return high < total * 10 ** (HIGH_SHARE_DB / 10)

    def _similarity(self) -> float:
        """Correlation of the last 20 ms with those before, at the best pitch of 45 to 400 Hz."""
        whole, newest = self._samples, self._samples[-_PERIOD_SAMPLES:]
        products = np.correlate(whole, newest, "valid")[: _MAX_LAG - _MIN_LAG + 1]
        sums = np.cumsum(whole * whole)
        energies = sums[_PERIOD_SAMPLES - 1 :].copy()
        energies[1:] -= sums[:-_PERIOD_SAMPLES]
        energies = energies[: products.size]
        own = max(float(newest @ newest), 1.0)
        return float((products / np.sqrt(np.maximum(energies, 1.0) * own)).max())
