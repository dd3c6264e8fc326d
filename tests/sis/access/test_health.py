"""When endpoints and credentials are left alone: exact, for the time comes in."""

from __future__ import annotations

import pytest

from ivr_agi.errors import SpeechRejected, SpeechUnavailable
from ivr_agi.sis.access.health import (
    FIRST_REST_S,
    LONGEST_REST_S,
    MAX_REFUSALS,
    REFUSAL_PAUSE_S,
    Backoff,
    Health,
    asked_s,
    order,
    refused,
    struck,
)

BACKOFF = Backoff(first_s=0.1, longest_s=0.3, total_s=1.0)


@pytest.mark.parametrize(
    ("failures", "rest_s"), [(0, 15), (1, 30), (2, 60), (4, 240), (5, 300), (99, 300)]
)
def test_rests_double_up_to_five_minutes(failures: int, rest_s: float) -> None:
    """Each failure in a row makes the rest longer."""
    health = struck(Health(failures=failures), 1000.0, "why")
    assert health == Health(failures=failures + 1, until=1000.0 + rest_s, error="why")
    assert health.rests(1000.0)
    assert not health.rests(1000.0 + rest_s)


def test_a_clock_set_back_does_not_lame_an_endpoint() -> None:
    """No rest is longer than the longest."""
    assert not Health(failures=1, until=10_000.0).rests(1000.0)


def test_credentials_pause_before_the_vendors_lock() -> None:
    """Five in a row may lock a key (2.2): after four, five minutes of silence, then one try."""
    health = Health()
    for n_refusals in range(1, MAX_REFUSALS):
        health = refused(health, 1000.0, "no")
        assert (health.failures, health.rests(1000.0)) == (n_refusals, False)
    health = refused(health, 1000.0, "no")
    assert MAX_REFUSALS < 5
    assert health == Health(failures=MAX_REFUSALS, until=1000.0 + REFUSAL_PAUSE_S, error="no")
    assert refused(health, 1301.0).until == 1301.0 + REFUSAL_PAUSE_S


def test_healthy_ones_come_first_in_their_order() -> None:
    """Those at rest follow, the first to be up again first; unknown ones are healthy."""
    known = {"a": Health(1, 1100.0), "b": Health(2, 1050.0), "d": Health(3, 900.0)}
    assert order(["a", "b", "c", "d"], known, 1000.0) == ["c", "d", "b", "a"]
    assert order(["a", "b"], {}, 1000.0) == ["a", "b"]


@pytest.mark.parametrize(
    ("n_failed", "jitter", "expected"),
    [(1, 1, 0.1), (1, 0, 0.05), (2, 1, 0.2), (3, 1, 0.3), (9, 1, 0.3), (9, 0.5, 0.225)],
)
def test_waits_double_up_to_a_limit(n_failed: int, jitter: float, expected: float) -> None:
    """And are shortened at random by up to a half."""
    assert BACKOFF.wait_s(n_failed, 0.0, jitter) == pytest.approx(expected)


def test_the_total_time_is_kept() -> None:
    """No try begins after it."""
    assert BACKOFF.wait_s(1, 0.9, 1) == pytest.approx(0.1)
    assert BACKOFF.wait_s(1, 0.91, 1) is None
    assert BACKOFF.wait_s(1, 5.0, 0) is None


def test_a_service_that_asks_for_time_gets_it() -> None:
    """`Retry-After`, within the deadline; beyond it nobody waits."""
    backoff = Backoff()
    assert backoff.wait_s(1, 0.0, 0.5, 2.0) == 2.0
    assert backoff.wait_s(2, 2.1, 0.5, 2.0) is None
    assert backoff.wait_s(1, 0.0, 0.5, 60.0) is None
    assert asked_s(SpeechRejected("HTTP 429", "", retry_after_s=7.0)) == 7.0
    assert asked_s(SpeechUnavailable("gone")) is None
    assert struck(Health(), 100.0, asked_s=60.0).until == 160.0
    assert struck(Health(), 100.0, asked_s=1.0).until == 100.0 + FIRST_REST_S
    assert struck(Health(), 100.0, asked_s=1e6).until == 100.0 + LONGEST_REST_S
