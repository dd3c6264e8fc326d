"""How long a prompt may let the caller wait: one silence has one limit."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.prompt.patience import (
    AFTER_FAILURE_S,
    LONGEST_SILENCE_S,
    REMEMBERED_S,
    Patience,
)
from ivr_agi.sis.session.synthesis import FIRST_AUDIO_S


def test_a_prompt_has_its_time() -> None:
    """Nothing has failed."""
    assert Patience().limit_s(100.0) == FIRST_AUDIO_S


def test_prompts_that_fail_one_after_another_are_one_silence() -> None:
    """The caller hears nothing for five seconds at most, however many there are."""
    patience, now = Patience(), 100.0
    for _ in range(4):
        limit_s = patience.limit_s(now)
        patience.prompt_failed(now + limit_s, now)
        now += limit_s
    assert now <= 100.0 + LONGEST_SILENCE_S + 0.3


def test_after_a_failure_the_next_prompt_does_not_wait_again() -> None:
    """For a while; once one worked, it is over."""
    patience = Patience()
    patience.prompt_failed(10.0, 6.5)
    assert patience.limit_s(20.0) == AFTER_FAILURE_S
    assert patience.limit_s(10.1 + REMEMBERED_S) == FIRST_AUDIO_S
    patience.worked()
    assert patience.limit_s(20.0) == FIRST_AUDIO_S


def test_what_recognition_took_is_not_left_for_the_prompt() -> None:
    """The caller waits for both."""
    patience = Patience()
    patience.speech_failed(10.0, 6.0)
    assert patience.limit_s(10.0) == pytest.approx(1.0)
    assert patience.limit_s(15.0) == FIRST_AUDIO_S


def test_a_failed_prompt_that_ends_the_turn_stays_one() -> None:
    """Speech down because of a prompt is no new silence."""
    patience = Patience()
    patience.prompt_failed(10.0, 6.5)
    patience.speech_failed(10.0, 10.0)
    assert patience.limit_s(10.0) == AFTER_FAILURE_S
    assert patience.limit_s(11.4) == pytest.approx(0.1)
