"""Waits between tries: exact, for time and randomness come in."""

from __future__ import annotations

import pytest

from ivr_agi.sis.access.retry import Backoff

BACKOFF = Backoff(first_s=0.1, longest_s=0.3, total_s=1.0)


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
