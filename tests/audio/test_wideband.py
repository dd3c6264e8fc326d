"""From 16 kHz to 8 kHz: what a telephone carries stays as it is, the rest goes."""

from __future__ import annotations

import numpy as np
import pytest

from ivr_agi.audio.wideband import (
    HALF_TAPS,
    WIDEBAND_RATE_HZ,
    Downsampler,
    Upsampler,
    wideband_to_pcm,
)


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


def noise(n_samples: int) -> bytes:
    """Always the same, up to half of full scale."""
    samples = np.random.default_rng(1).integers(-16000, 16000, n_samples)
    return samples.astype("<i2").tobytes()


@pytest.mark.parametrize("kind", [Upsampler, Downsampler])
@pytest.mark.parametrize("piece", [2, 34, 320, 1600, 3202])
def test_a_stream_may_be_cut_anywhere(kind: type[Upsampler | Downsampler], piece: int) -> None:
    """What comes out is the same, sample by sample, to a rounding."""
    audio = noise(1600)
    whole = kind().convert(audio)
    cut, converter = b"", kind()
    for at in range(0, len(audio), piece):
        cut += converter.convert(audio[at : at + piece])
    difference = np.frombuffer(cut, "<i2").astype(int) - np.frombuffer(whole, "<i2")
    assert np.abs(difference).max() <= 1  # float sums in another order
    assert len(whole) == len(audio) * (2 if kind is Upsampler else 0.5)


def test_half_a_sample_waits_for_the_other_half() -> None:
    """Messages of a client may end anywhere."""
    audio, converter = noise(1600), Downsampler()
    cut = b"".join(converter.convert(audio[at : at + 333]) for at in range(0, len(audio), 333))
    expected = np.frombuffer(Downsampler().convert(audio)[: len(cut)], "<i2")
    assert np.abs(np.frombuffer(cut, "<i2").astype(int) - expected).max() <= 1
    assert converter.convert(b"") == Upsampler().convert(b"") == b""


@pytest.mark.parametrize("hz", [0.0, 300.0, 1000.0, 2500.0, 3300.0])
def test_what_a_telephone_carries_goes_up_and_down(hz: float) -> None:
    """It comes 1 ms late to the model's rate, and 2 ms late back, within one percent."""
    narrow = sine(hz, 8000).astype("<i2").tobytes()
    wide = Upsampler().convert(narrow)
    expected = sine(hz, WIDEBAND_RATE_HZ)
    got = np.frombuffer(wide, "<i2")
    late = 2 * HALF_TAPS
    assert np.abs(got[late:] - expected[:-late])[60:-60].max() < 150
    back = np.frombuffer(Downsampler().convert(wide), "<i2")
    assert np.abs(back[15:] - sine(hz, 8000)[:-15])[60:-60].max() < 250


@pytest.mark.parametrize("hz", [1000.0, 2500.0, 3300.0])
def test_no_image_above_what_the_line_has(hz: float) -> None:
    """Above 4 kHz a model must hear nothing: 38 dB less."""
    wide = np.frombuffer(Upsampler().convert(sine(hz, 8000).astype("<i2").tobytes()), "<i2")
    spectrum = np.abs(np.fft.rfft(wide[200:1480] * np.hanning(1280)))
    edge = spectrum.size // 2 + 20
    assert spectrum[edge:].max() < spectrum.max() / 80


def test_the_loudest_line_does_not_wrap_around() -> None:
    """A filter overshoots: it is cut off there."""
    square = (np.sign(np.sin(np.arange(1600) * 2 * np.pi / 7)) * 32767).astype("<i2").tobytes()
    for converted in (Upsampler().convert(square), Downsampler().convert(square)):
        samples = np.frombuffer(converted, "<i2").astype(int)
        assert np.abs(np.diff(samples)).max() <= 65535
        assert samples.max() > 30000
        assert samples.min() < -30000
