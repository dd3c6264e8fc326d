"""Noises are what they are called."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.noises import (
    at_level,
    noise_set,
    pink,
    to_pcm,
    to_samples,
    tones,
    white,
)
from ivr_agi.audio.levels import Samples


def dbfs(samples: Samples) -> float:
    """Level of all of it."""
    return float(10 * np.log10(np.mean(samples**2) / 32768**2))


def test_levels() -> None:
    """As asked for."""
    rng = np.random.default_rng(1)
    assert dbfs(white(80000, -30, rng)) == pytest.approx(-30, abs=0.2)
    assert dbfs(pink(80000, -30, rng)) == pytest.approx(-30, abs=0.2)
    assert dbfs(at_level(tones(8000, (500.0,), -10), -26)) == pytest.approx(-26, abs=0.1)


def test_pink_is_darker_than_white() -> None:
    """As much power in each octave."""
    rng = np.random.default_rng(1)
    power = np.abs(np.fft.rfft(pink(80000, -20, rng))) ** 2
    low, high = power[2500:5000].sum(), power[20000:40000].sum()  # 250 to 500 Hz, 2 to 4 kHz
    assert low == pytest.approx(high, rel=0.2)


def test_each_noise_is_there_and_always_the_same() -> None:
    """Seeded, as long as asked for, audible where it should be, never clipped."""
    once, again = noise_set(4), noise_set(4)
    assert len(once) == 16
    for name, sound in once.items():
        assert np.array_equal(sound, again[name]), name
        assert sound.size == 32000, name
        assert np.abs(sound).max() < 32767, name
        assert name == "quiet line" or dbfs(sound) > -55, name
        assert np.allclose(to_samples(to_pcm(sound)), sound, atol=0.51)
