"""A noise filter in front of the recogniser: decision-directed Wiener filter. Core, numpy only.

Lifts a 90-phrase menu in white noise at 20 dB from 19 % to 81 % right (``engines.md`` 4.4).
Windows of 32 ms (square root of Hann, twice), a step of 8 ms; streams with 24 ms of delay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("WienerFilter", "onset_snr_db")

WINDOW = 256
STEP = 64
OVERSUBTRACTION = 1.5
GAIN_FLOOR = 0.06
SMOOTHING = 0.96
_SHAPE = np.sqrt(np.hanning(WINDOW + 1)[:-1])
_OVERLAP_GAIN = float(np.sum((_SHAPE**2)[::STEP]))  # 2.0: four windows overlap everywhere


class WienerFilter:
    """Filters one stream.

    Args:
        background: s16le mono 8 kHz without speech; below 32 ms nothing is filtered.
    """

    def __init__(self, background: bytes) -> None:
        self._noise = _noise_power(np.frombuffer(background, "<i2").astype(np.float64))
        self._clean_to_noise: NDArray[np.float64] | None = None
        self._pending = np.zeros(WINDOW - STEP)
        self._overlap = np.zeros(WINDOW)
        self._to_skip = WINDOW - STEP

    def feed(self, pcm: bytes) -> bytes:
        """Filter the next piece (s16le mono 8 kHz, whole samples); the output is 24 ms late."""
        if self._noise is None:
            return pcm
        self._pending = np.concatenate((self._pending, np.frombuffer(pcm, "<i2")))
        steps = []
        while len(self._pending) >= WINDOW:
            steps.append(self._step(self._pending[:WINDOW]))
            self._pending = self._pending[STEP:]
        if not steps:
            return b""
        samples = np.concatenate(steps)
        skipped = min(self._to_skip, len(samples))
        self._to_skip -= skipped
        return np.clip(samples[skipped:], -32768, 32767).astype("<i2").tobytes()

    def flush(self) -> bytes:
        """Return the last 24 ms."""
        return b"" if self._noise is None else self.feed(bytes(2 * (WINDOW - STEP)))

    def _step(self, window: NDArray[np.float64]) -> NDArray[np.float64]:
        """Filter one window and return the oldest ``STEP`` samples, which no later one changes."""
        spectrum = np.fft.rfft(window * _SHAPE)
        posterior = np.abs(spectrum) ** 2 / self._noise
        prior = np.maximum(posterior - 1, 0)
        if self._clean_to_noise is not None:
            prior = SMOOTHING * self._clean_to_noise + (1 - SMOOTHING) * prior
        gain = np.maximum(prior / (1 + prior), GAIN_FLOOR)
        self._clean_to_noise = gain * gain * posterior
        self._overlap += np.fft.irfft(spectrum * gain) * _SHAPE / _OVERLAP_GAIN
        done = self._overlap[:STEP].copy()
        self._overlap = np.concatenate((self._overlap[STEP:], np.zeros(STEP)))
        return done


def onset_snr_db(background: bytes, onset: bytes) -> float:
    """Return the level of a sentence's loudest first 32 ms over the background, in dB.

    Args:
        background: s16le mono 8 kHz without speech.
        onset: s16le mono 8 kHz, the first piece with speech in it.
    """
    samples = np.frombuffer(onset, "<i2").astype(np.float64)
    powers = [np.mean(samples[at : at + WINDOW] ** 2) for at in range(0, len(samples), WINDOW)]
    noise = np.mean(np.frombuffer(background, "<i2").astype(np.float64) ** 2) if background else 0.0
    return float(10 * np.log10((max(powers, default=0.0) + 1) / (noise + 1)))


def _noise_power(samples: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the mean power spectrum, shape (129,); None if there is too little audio."""
    if len(samples) < WINDOW:
        return None
    starts = range(0, len(samples) - WINDOW + 1, STEP)
    powers = [np.abs(np.fft.rfft(samples[at : at + WINDOW] * _SHAPE)) ** 2 for at in starts]
    noise: NDArray[np.float64] = np.mean(powers, axis=0) * OVERSUBTRACTION + 1
    return noise
