"""Onsets of words, and of nothing else. The whole table: ``onset_table.py``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ivr_agi.dialogue.hearing.onset import Onset, OnsetDetector
from tests.dialogue.hearing import signals as s

LEAD = 8000
SECONDS = 6
N = SECONDS * 8000
RNG = np.random.default_rng(7)


def events(heard: s.Samples) -> list[tuple[int, Onset]]:
    """Milliseconds, counted to the end of the frame, and what was told."""
    detector = OnsetDetector()
    told = [detector.feed(frame) for frame in s.frames(s.over_ulaw(heard))]
    return [((n + 1) * 20, onset) for n, onset in enumerate(told) if onset is not None]


def spoken(name: str, level_db: float, noise_dbfs: float) -> s.Samples:
    """A second of noise, a recorded word, a second of noise."""
    word = s.at_level(s.demo_voice(name), s.CALLER_DBFS + level_db)
    heard = s.white(LEAD + word.size + 8000, noise_dbfs, np.random.default_rng(1))
    heard[LEAD : LEAD + word.size] += word
    return heard


@pytest.mark.parametrize(
    ("name", "level_db", "noise_dbfs", "within_ms"),
    [
        ("technical_support", 0, -65, 80),
        ("technical_support", -12, -65, 100),
        ("technical_support", -24, -65, 120),
        ("technical_support", 0, -46, 100),
        ("technical_support", 0, -36, 120),
        # A vowel of 60 ms, then a mouth closed for as long: the burst after it is waited for.
        ("account_balance", 0, -65, 200),
        ("account_balance", -24, -65, 240),
    ],
)
def test_a_word_is_heard(name: str, level_db: float, noise_dbfs: float, within_ms: int) -> None:
    """Told soon, and released after it."""
    told = events(spoken(name, level_db, noise_dbfs))
    assert told[0][1] is Onset.BEGAN
    assert 0 <= told[0][0] - LEAD // 8 <= within_ms
    assert told[-1][1] is Onset.RELEASED


NOISES: dict[str, Callable[[], s.Samples]] = {
    "digital silence": lambda: np.zeros(N),
    "line": lambda: s.white(N, -60, RNG),
    "white": lambda: s.white(N, -20, RNG),
    "pink": lambda: s.pink(N, -25, RNG),
    "white begins": lambda: np.concatenate([s.white(N, -60, RNG), s.white(N, -25, RNG)]),
    "keys": lambda: s.white(N, -60, RNG) + s.keys(N, 100, 100, -16, RNG),
    "soft keys": lambda: s.white(N, -60, RNG) + s.keys(N, 60, 60, -29, RNG),
    "busy": lambda: s.white(N, -60, RNG) + s.tones(N, (425,), -17) * (np.arange(N) % 5600 < 2800),
    "hum": lambda: s.white(N, -60, RNG) + s.tones(N, (50, 100, 150, 250), -30),
}


@pytest.mark.parametrize("name", NOISES)
def test_noise_is_no_voice(name: str) -> None:
    """Steady noise, its beginning, keys and tones."""
    assert events(NOISES[name]()) == []


def test_clicks_are_no_voice() -> None:
    """5 ms, loud, ten a second."""
    heard = s.white(N, -65, RNG)
    for at in range(400, N, 830):
        heard[at : at + 40] += 8000
    assert events(heard) == []


def test_a_voice_in_a_noise_that_has_begun() -> None:
    """The floor follows within a second and a half."""
    quiet = s.white(4000, -65, RNG)
    told = events(np.concatenate([quiet, spoken("account_balance", 0, -40)]))
    assert [onset for _, onset in told][0] is Onset.BEGAN
    assert told[0][0] > (4000 + LEAD) // 8


def test_is_voice_between_onset_and_release() -> None:
    """It says the same as the events."""
    detector = OnsetDetector()
    for frame in s.frames(spoken("account_balance", 0, -60)):
        was = detector.is_voice
        onset = detector.feed(frame)
        assert detector.is_voice is (onset is Onset.BEGAN or (was and onset is None))


def test_a_voice_out_of_digital_silence() -> None:
    """A line that sends nothing at all before the first word has no floor to measure."""
    t = np.arange(4000) / 8000
    harmonics = np.arange(1, 12)[:, None]
    vowel = (np.sin(2 * np.pi * 140 * harmonics * t) / harmonics).sum(axis=0) * 3000
    pcm = bytes(320 * 50) + vowel.astype("<i2").tobytes()
    detector = OnsetDetector()
    found = [detector.feed(pcm[i : i + 320]) for i in range(0, len(pcm), 320)]
    assert found.index(Onset.BEGAN) - 50 < 5
