"""From 16 kHz to 8 kHz: what a telephone carries stays as it is, the rest goes."""

from __future__ import annotations

import numpy as np
import pytest

from ivr_agi.audio.wideband import WIDEBAND_RATE_HZ, wideband_to_pcm


def sine(hz: float, rate_hz: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A tenth of a second of it."""
    return 10000 * np.sin(2 * np.pi * hz * np.arange(rate_hz // 10) / rate_hz)


@pytest.mark.parametrize("hz", [0.0, 300.0, 1000.0, 3400.0])
def test_what_a_telephone_carries_stays(hz: float) -> None:
    """Sample by sample, at its place: within one percent."""
    wide = sine(hz, WIDEBAND_RATE_HZ).astype("<i2").tobytes()
    samples = np.frombuffer(wideband_to_pcm(wide), "<i2")
    expected = sine(hz, 8000)
    assert samples.size == expected.size
    assert np.abs(samples - expected)[20:-20].max() < 100


@pytest.mark.parametrize("hz", [4700.0, 6000.0, 7700.0])
def test_the_rest_goes(hz: float) -> None:
    """It would come back as another tone: 50 dB less."""
    wide = sine(hz, WIDEBAND_RATE_HZ).astype("<i2").tobytes()
    samples = np.frombuffer(wideband_to_pcm(wide), "<i2")
    assert np.abs(samples)[20:-20].max() < 32


@pytest.mark.parametrize(("n_bytes", "expected"), [(0, 0), (3, 0), (4, 2), (7, 2), (8, 4)])
def test_pieces_of_samples_are_left_out(n_bytes: int, expected: int) -> None:
    """Two samples make one."""
    assert len(wideband_to_pcm(bytes(n_bytes))) == expected


def test_loud_sound_is_clipped() -> None:
    """It does not turn round."""
    wide = (np.sign(sine(500.0, WIDEBAND_RATE_HZ)) * 32767).astype("<i2").tobytes()
    samples = np.frombuffer(wideband_to_pcm(wide), "<i2")
    assert samples.max() == 32767
    assert samples.min() >= -32768
    assert (np.sign(samples[2:6]) == 1).all()
