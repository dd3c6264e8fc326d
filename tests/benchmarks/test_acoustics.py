"""A call on a line with its sounds: what is heard, and what the caller does to the prompt."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.acoustics import AcousticCalls, Echo
from benchmarks.noises import to_samples
from ivr_agi.audio.levels import Samples
from ivr_agi.bench.signals import ACCOUNT_BALANCE, onset_s
from ivr_agi.dialogue.turn.outcomes import Heard, HungUp, NoInput

pytestmark = pytest.mark.engine

TONE = (np.sin(np.arange(32000) / 8) * 3000).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def calls() -> Iterator[AcousticCalls]:
    """The engines, once. The prompt is a tone of 4 s."""
    with AcousticCalls(["account balance"], TONE, "hello", timeout_s=1.0) as calls:
        yield calls


def silence(seconds: float) -> Samples:
    """Nobody speaks."""
    return np.zeros(round(8000 * seconds))


def test_silence_is_no_input(calls: AcousticCalls) -> None:
    """The prompt is heard whole, then its time passes, then comes the next turn."""
    tally = calls.call(silence(7))
    assert [type(outcome) for outcome in tally.outcomes] == [NoInput, HungUp]
    assert tally.played_s == pytest.approx(6.0, abs=0.1)  # all of it, and 2 s of it again
    assert not tally.stops


@pytest.mark.parametrize("delay_s", [0.0, 0.15])
def test_words_stop_the_prompt(calls: AcousticCalls, delay_s: float) -> None:
    """Later by what the service is away, and they are the outcome."""
    voice = np.concatenate([silence(0.5), to_samples(ACCOUNT_BALANCE), silence(1.5)])
    tally = calls.call(voice, delay_s=delay_s)
    first = tally.outcomes[0]
    assert isinstance(first, Heard)
    assert first.text == "account balance"
    (stopped_at,) = tally.stops
    at_once = 0.5 + onset_s(ACCOUNT_BALANCE)
    assert at_once + delay_s < stopped_at < at_once + delay_s + 0.25
    assert not tally.resumes


def test_an_echo_comes_back(calls: AcousticCalls) -> None:
    """As loud as it was sent it would be a voice; it is known for what it is."""
    assert not calls.call(silence(5), echo=Echo(-15.0, 60)).stops
