"""Levels of known signals."""

from __future__ import annotations

import numpy as np
import pytest

from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.audio.levels import SILENCE_DBFS, is_audible, peak, rms_dbfs


def tone(peak: float, n_samples: int = 160) -> bytes:
    """A sine of 1 kHz, a whole number of periods."""
    wave = np.sin(2 * np.pi * np.arange(n_samples) / 8) * peak * 32767
    return wave.astype("<i2").tobytes()


@pytest.mark.parametrize(("peak", "level"), [(1.0, -3.01), (0.1, -23.01), (0.01, -43.01)])
def test_level_of_a_sine(peak: float, level: float) -> None:
    """A sine is 3 dB below the square of its peak."""
    assert rms_dbfs(tone(peak)) == pytest.approx(level, abs=0.05)


@pytest.mark.parametrize("pcm", [b"", bytes(FRAME_BYTES)])
def test_silence_has_a_level(pcm: bytes) -> None:
    """Silence and nothing are given the floor, not an error."""
    assert rms_dbfs(pcm) == SILENCE_DBFS


@pytest.mark.parametrize(("peak", "audible"), [(0.0, False), (0.002, False), (0.02, True)])
def test_audible(peak: float, audible: bool) -> None:
    """Line noise is not heard as sound, soft speech is."""
    assert is_audible(tone(peak)) is audible


def test_peak_has_no_sign() -> None:
    """Also of the one sample that has no counterpart; nothing has none."""
    assert peak(b"\x10\x00\x00\x80\xff\x7f") == 32768
    assert peak(b"\x10\x00\xf0\xff") == 16
    assert peak(b"") == 0
