"""The noise filter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.speech_server.engines.wiener import WienerFilter, onset_snr_db

RNG = np.random.default_rng(1)
NOISE = RNG.standard_normal(24000) * 300
TONE = 4000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)


def pcm(samples: np.ndarray) -> bytes:
    """As s16le."""
    return samples.astype("<i2").tobytes()


def level_db(data: bytes) -> float:
    """RMS in dB over one step."""
    samples = np.frombuffer(data, "<i2").astype(float)
    return float(10 * np.log10(np.mean(samples**2) + 1e-9))


def test_noise_goes_and_signal_stays() -> None:
    """20 dB less noise, less than 1 dB less tone."""
    background = pcm(NOISE[:3072])
    quiet = WienerFilter(background).feed(pcm(NOISE[8000:16000]))
    assert level_db(quiet) < level_db(pcm(NOISE[8000:16000])) - 20
    spoken = WienerFilter(background).feed(pcm(NOISE[8000:16000] + TONE))
    assert level_db(spoken) == pytest.approx(level_db(pcm(TONE)), abs=1)


def test_clean_speech_comes_out_as_it_went_in() -> None:
    """Over digital silence; in time, sample for sample."""
    filter_ = WienerFilter(bytes(6144))
    out = np.frombuffer(filter_.feed(pcm(TONE)) + filter_.flush(), "<i2").astype(float)
    expected = np.trunc(TONE)
    assert 0 <= len(expected) - len(out) < 64
    middle = slice(256, 7000)
    assert np.abs(out[middle] - expected[middle]).max() < 40


def test_without_background_nothing_is_filtered() -> None:
    """Less than a window says nothing about noise."""
    filter_ = WienerFilter(bytes(510))
    assert filter_.feed(pcm(TONE)) == pcm(TONE)
    assert filter_.flush() == b""


@given(st.lists(st.integers(0, 700), max_size=20))
def test_pieces_do_not_matter(sizes: list[int]) -> None:
    """Any split gives the same samples."""
    data = pcm(NOISE[8000:12000] + TONE[:4000])
    whole = WienerFilter(pcm(NOISE[:3072])).feed(data)
    filter_ = WienerFilter(pcm(NOISE[:3072]))
    pieces, at = b"", 0
    for size in [*sizes, len(data)]:
        pieces += filter_.feed(data[at : at + 2 * size])
        at += 2 * size
    assert pieces == whole


@pytest.mark.parametrize(("factor", "expected"), [(1, 0), (10, 20), (100, 40)])
def test_onset_snr(factor: float, expected: float) -> None:
    """In dB, of the loudest window."""
    background = pcm(NOISE[:3072])
    onset = np.concatenate((NOISE[4000:6000], factor * NOISE[6000:6256]))
    assert onset_snr_db(background, pcm(np.clip(onset, -32768, 32767))) == pytest.approx(
        expected, abs=2.5
    )


def test_onset_snr_of_nothing() -> None:
    """No background is a very quiet one; no onset is a very quiet one, too."""
    assert onset_snr_db(b"", pcm(TONE)) > 60
    assert onset_snr_db(pcm(NOISE[:3072]), b"") < 0
