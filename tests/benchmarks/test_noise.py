"""A small slice of the noise benchmark: what must not stop a prompt, and what must.

Measured with 60 s of each noise and 40 words a condition (docs/barge-in.md); here seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.acoustics import AcousticCalls
from benchmarks.noise import (
    Spoken,
    echo_rows,
    make_calls,
    noise_rows,
    prompt,
    run_noise,
    speak,
)
from ivr_agi.bench.report import Row

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def calls() -> Iterator[AcousticCalls]:
    """The engines, once."""
    with make_calls() as calls:
        yield calls


def counts(rows: list[Row], what: str) -> dict[str, float | None]:
    """Stops a minute, say, by noise."""
    tail = f": {what}"
    return {row.name.removesuffix(tail): row.p50 for row in rows if row.name.endswith(tail)}


def test_noises_do_not_stop_the_prompt(calls: AcousticCalls) -> None:
    """None does but a hum in a voice, which is a voice: but the prompt goes on after each."""
    rows = noise_rows(calls, 6)
    stopped, answers = counts(rows, "stopped"), counts(rows, "taken for an answer")
    assert len(stopped) == 16
    assert {name for name, rate in stopped.items() if rate} <= {"hums of a voice, one in 3 s"}
    assert not any(answers.values())
    assert counts(rows, "resumed") == stopped


def test_the_prompts_echo_does_not_stop_it(calls: AcousticCalls) -> None:
    """Although it says the choices, clearly enough for the recogniser."""
    rows = echo_rows(calls, 20)
    assert not any(row.p50 for row in rows), rows


@pytest.mark.parametrize(
    "spoken",
    [
        Spoken(level_db=-12),
        Spoken(level_db=-24),
        Spoken(noise_dbfs=-31),
        Spoken(echo_db=-15),
        Spoken(level_db=-12, echo_db=-20),
    ],
)
def test_words_do(calls: AcousticCalls, spoken: Spoken) -> None:
    """Soft ones, in noise of 5 dB less, over an echo: within 0.35 s."""
    for number in range(4):
        stopped_s, _ = speak(calls, number, spoken)
        assert stopped_s is not None
        assert 0 < stopped_s < 0.35


def test_our_own_onset_does_not_wait_for_the_network(calls: AcousticCalls) -> None:
    """With the service 150 ms away it is at least 80 ms sooner, in the middle."""

    def median(own_onset: bool) -> float:
        times = [
            speak(calls, number, Spoken(), delay_s=0.15, own_onset=own_onset)[0]
            for number in range(6)
        ]
        return float(np.median([after for after in times if after is not None]))

    assert median(False) - median(True) >= 0.08


def test_the_prompt_is_speech() -> None:
    """Nine seconds, as long as what is said over it."""
    assert 8 < len(prompt()) / 16000 < 12


def test_all_of_it_with_one_word_each() -> None:
    """Noises, echoes and words: every row is there."""
    told: list[str] = []
    names = [row.name for row in run_noise(4, 1, told.append)]
    assert len(told) == 3
    assert len(names) == len(set(names)) == 16 * 3 + 3 * 3 + 15 * 2
