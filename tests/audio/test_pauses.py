"""Pauses of made prompts, of the committed recordings, and of a real voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ivr_agi
from ivr_agi.audio.pauses import MAX_BACK_S, last_pause_before
from ivr_agi.audio.wav import read_wav

RATE = 8000
VOICES = Path(ivr_agi.__file__).parent / "demo" / "voice"


def sound(*parts_ms: int) -> bytes:
    """Noise and silence in turns, noise first."""
    rng = np.random.default_rng(1)
    blocks = [rng.standard_normal(ms * 8) * (0 if i % 2 else 3000) for i, ms in enumerate(parts_ms)]
    return np.concatenate(blocks).astype("<i2").tobytes()


PROMPT = sound(1000, 200, 800, 60, 500, 300, 700)


@pytest.mark.parametrize(
    ("stop_ms", "resume_ms"),
    [
        (0, 0),
        (5, 0),
        (900, 0),
        (1500, 1100),
        (2300, 1100),  # 60 ms at 2000 are no pause
        (3000, 2710),
        (99999, 2710),
    ],
)
def test_resumes_in_the_middle_of_the_last_pause(stop_ms: int, resume_ms: int) -> None:
    """The pause before the stop; the beginning without one; the end beyond the end."""
    assert last_pause_before(PROMPT, stop_ms * 8) == resume_ms * 8


def test_a_stop_within_a_pause_resumes_there() -> None:
    """Enough of the pause has been played: its played part counts."""
    assert last_pause_before(PROMPT, 1160 * 8) == 1080 * 8


def test_a_pause_is_quiet_for_its_recording() -> None:
    """Noise of the recording 35 dB under the voice is a pause, 20 dB under it is not."""
    samples = np.frombuffer(sound(1000, 200, 800), "<i2").astype(float)
    noise = np.random.default_rng(2).standard_normal(samples.size) * 3000
    for under_db, expected in ((35, 1100 * 8), (20, 0)):
        pcm = (samples + noise * 10 ** (-under_db / 20)).astype("<i2").tobytes()
        assert last_pause_before(pcm, 1800 * 8) == expected


def test_no_further_back_than_three_seconds() -> None:
    """A pause before that is forgotten; the softest place since is taken."""
    pcm = bytearray(sound(1000, 300, 6000))
    soft = slice(6000 * 16, 6100 * 16)
    pcm[soft] = (np.frombuffer(pcm[soft], "<i2") // 4).astype("<i2").tobytes()
    assert last_pause_before(bytes(pcm), 7000 * 8) == 6050 * 8


def test_silence_and_nothing() -> None:
    """There is nothing to repeat."""
    assert last_pause_before(b"", 800) == 0
    assert 0 <= last_pause_before(bytes(16000), 8000) <= 8000


@given(st.lists(st.integers(0, 1500), max_size=8), st.integers(-100, 100_000))
def test_never_after_the_stop_nor_far_before(parts_ms: list[int], stop: int) -> None:
    """Whatever the prompt and the stop."""
    pcm = sound(*parts_ms, 10)
    stop_in = min(max(stop, 0), len(pcm) // 2)
    resume = last_pause_before(pcm, stop)
    assert max(0, stop_in - MAX_BACK_S * RATE) <= resume <= stop_in


def assert_pauses(pcm: bytes, least: int) -> None:
    """Wherever it is stopped, it is resumed where it is soft; in enough different places."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    loud = np.sqrt(np.mean(samples**2))
    places = {last_pause_before(pcm, stop) for stop in range(0, samples.size, 800)} - {0}
    for place in places:
        around = samples[max(0, place - 160) : place + 160]
        assert np.sqrt(np.mean(around**2)) < loud / 10
    assert len({place // 1600 for place in places}) >= least


@pytest.mark.parametrize("name", ["technical_support", "account_balance"])
def test_recorded_words(name: str) -> None:
    """Two words, spoken twice: the pause between."""
    pcm = read_wav(VOICES / f"{name}.wav")
    assert_pauses(pcm + bytes(4000) + pcm, 1)


@pytest.mark.engine
def test_a_real_voice_pauses_at_its_commas() -> None:
    """espeak-ng: three commas and a full stop."""
    from tests.speech_server.engines.spoken import espeak

    text = "Welcome to the bank. Please say balance, support, operator, or help."
    assert_pauses(espeak(text), 4)
