"""What is said about good and bad lines."""

from __future__ import annotations

import numpy as np
import pytest

from ivr_agi.audio.health import AudioHealth, AudioMeter, AudioVerdict
from ivr_agi.audio.levels import SILENCE_DBFS

SILENCE = bytes(320)
ULAW_SILENCE = b"\x08\x00" * 160
RNG = np.random.default_rng(1)


def noise(dbfs: float) -> bytes:
    """A frame at that level, clipped as G.711 clips."""
    samples = RNG.standard_normal(160) * 32768 * 10 ** (dbfs / 20)
    return np.clip(samples, -32124, 32124).astype("<i2").tobytes()


def measure(*parts: tuple[float, bytes | float | None]) -> AudioHealth:
    """Seconds of a frame, of noise at a level, or of nothing."""
    now = 50.0
    meter = AudioMeter(now)
    for seconds, content in parts:
        for _ in range(round(seconds * 50)):
            now += 0.02
            if content is not None:
                meter.feed(content if isinstance(content, bytes) else noise(content), now)
    return meter.health(now)


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([], AudioVerdict.GOOD),
        ([(1.5, None)], AudioVerdict.GOOD),
        ([(2.1, None)], AudioVerdict.NO_FRAMES),
        ([(5.0, -26.0), (2.1, None)], AudioVerdict.NO_FRAMES),
        ([(2.1, None), (1.0, -26.0)], AudioVerdict.GOOD),
        ([(4.9, SILENCE)], AudioVerdict.GOOD),
        ([(5.1, SILENCE)], AudioVerdict.DIGITAL_SILENCE),
        ([(5.1, ULAW_SILENCE)], AudioVerdict.DIGITAL_SILENCE),
        ([(1.0, -26.0), (5.1, SILENCE)], AudioVerdict.DIGITAL_SILENCE),
        ([(20.0, -65.0)], AudioVerdict.GOOD),
        ([(2.0, -26.0), (2.0, -65.0)], AudioVerdict.GOOD),
        ([(2.0, -42.0)], AudioVerdict.TOO_SOFT),
        ([(2.0, -9.0)], AudioVerdict.TOO_LOUD),
        ([(2.0, -6.0)], AudioVerdict.CLIPPED),
        ([(0.3, -6.0)], AudioVerdict.GOOD),
    ],
)
def test_verdict(parts: list[tuple[float, bytes | float | None]], verdict: AudioVerdict) -> None:
    """The gravest that is true now."""
    assert measure(*parts).verdict is verdict


def test_a_line_without_noise_is_not_muted() -> None:
    """O22: some send digital silence whenever the caller is quiet; words were understood."""
    meter = AudioMeter(0.0)
    for number in range(300):
        meter.feed(SILENCE, number * 0.02)
    assert meter.health(6.0).verdict is AudioVerdict.DIGITAL_SILENCE
    assert meter.health(6.0, was_understood=True).verdict is AudioVerdict.GOOD


def test_numbers_of_a_call() -> None:
    """Times are of the moment and of the whole call; level and clipping of what is audible."""
    health = measure((1.0, -26.0), (1.4, None), (1.0, SILENCE), (2.0, -26.0), (0.6, SILENCE))
    assert health.frames == 230
    assert health.missing_s == pytest.approx(0)
    assert health.longest_missing_s == pytest.approx(1.42)
    assert health.silent_s == pytest.approx(0.6)
    assert health.longest_silent_s == pytest.approx(1.0)
    assert health.level_dbfs == pytest.approx(-26, abs=0.2)
    assert health.clipped_share == 0


def test_a_missing_time_that_lasts_is_the_longest() -> None:
    """The report need not wait for the next frame."""
    assert measure((1.0, -26.0), (3.0, None)).longest_missing_s == pytest.approx(3.0)


def test_clipped_share() -> None:
    """Samples at the last step of mu-law, among those of audible frames."""
    frame = (np.arange(160) % 4 == 0) * 32124
    health = measure((1.0, frame.astype("<i2").tobytes()), (9.0, -65.0))
    assert health.clipped_share == pytest.approx(0.25)


def test_a_negative_limit_counts() -> None:
    """-32768 has no positive twin in 16 bits."""
    frame = np.where(np.arange(160) % 2, -32768, 100).astype("<i2").tobytes()
    assert measure((1.0, frame)).clipped_share == pytest.approx(0.5)


def test_nothing_audible_has_no_level() -> None:
    """Line noise is no voice."""
    assert measure((3.0, -65.0)).level_dbfs == SILENCE_DBFS
