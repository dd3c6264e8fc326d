"""A worker that hangs is told from one that the machine, or its supervisor, kept waiting."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ivr_agi.serve.liveness import FIRST_BEAT_S, LONGEST_LOOK_S, STUCK_S, Liveness


def hangs_after(look: Callable[[Liveness, float], bool]) -> float | None:
    """Seconds until a worker is found to hang, looked at once a second; None: not in 5 minutes."""
    liveness = Liveness()
    return next((now for now in range(1, 300) if look(liveness, float(now))), None)


@pytest.mark.parametrize(
    ("beat_s", "limit_s"), [(1.0, STUCK_S), (0.0, FIRST_BEAT_S)], ids=["stuck", "never began"]
)
def test_a_worker_that_hangs(beat_s: float, limit_s: float) -> None:
    """It is found by the limit of its kind."""
    found = hangs_after(lambda liveness, now: liveness.look(now, beat_s, 0.0))
    assert found is not None
    assert limit_s < found <= limit_s + 2


def test_a_worker_that_lives() -> None:
    """Each sign of life begins anew."""
    assert hangs_after(lambda liveness, now: liveness.look(now, now - now % 9, 0.0)) is None


def test_a_worker_that_waits_for_its_turn() -> None:
    """Others run all the time: it has had no time to hang."""
    assert hangs_after(lambda liveness, now: liveness.look(now, 1.0, now)) is None


def test_a_busy_machine_hides_no_hang() -> None:
    """Half of the time it could run, and did not beat."""
    found = hangs_after(lambda liveness, now: liveness.look(now, 1.0, now / 2))
    assert found is not None
    assert 2 * STUCK_S < found <= 2 * STUCK_S + 4


def test_the_whole_machine_was_paused() -> None:
    """Nobody looked for an hour: that is nothing that a worker has done."""
    liveness = Liveness()
    assert not liveness.look(1.0, 1.0, 0.0)
    assert not liveness.look(3600.0, 1.0, 0.0)
    assert liveness.silent_s == LONGEST_LOOK_S
