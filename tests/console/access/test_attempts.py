"""Passwords: wrong ones make the next try wait, and only for whom it is meant."""

from __future__ import annotations

from ivr_agi.console.access.attempts import (
    ADDRESS_FACTOR,
    FIRST_WAIT_S,
    FORGOTTEN_S,
    FREE_TRIES,
    LONGEST_DELAY_S,
    MOST_KEYS,
    Attempts,
)


def wrong(
    attempts: Attempts, n: int, name: str = "ann", address: str = "a", now: float = 0.0
) -> None:
    """So many wrong passwords."""
    for _ in range(n):
        attempts.note_wrong(name, address, now)


def test_some_are_free_then_it_waits_ever_longer() -> None:
    """Up to a quarter of an hour."""
    attempts = Attempts()
    wrong(attempts, FREE_TRIES - 1)
    assert attempts.wait_s("ann", "a", 0.0) == 0.0
    wrong(attempts, 1)
    assert attempts.wait_s("ann", "a", 0.0) == FIRST_WAIT_S
    assert attempts.wait_s("ann", "a", FIRST_WAIT_S) == 0.0
    wrong(attempts, 1, now=20.0)
    assert attempts.wait_s("ann", "a", 20.0) == 2 * FIRST_WAIT_S
    wrong(attempts, 40, now=30.0)
    assert attempts.wait_s("ann", "a", 30.0) == LONGEST_DELAY_S
    assert attempts.wait_s("ann", "a", 31.0 + FORGOTTEN_S) == 0.0


def test_nobody_locks_a_user_out() -> None:
    """From another address the same name may sign in."""
    attempts = Attempts()
    wrong(attempts, 100)
    assert attempts.wait_s("ann", "b", 0.0) == 0.0


def test_an_address_that_tries_many_names_waits_too() -> None:
    """Whatever name comes next."""
    attempts = Attempts()
    for number in range(FREE_TRIES * ADDRESS_FACTOR):
        wrong(attempts, 1, f"name-{number}")
    assert attempts.wait_s("another", "a", 0.0) > 0


def test_a_right_password_clears_the_name() -> None:
    """And is no wrong one of the address."""
    attempts = Attempts()
    wrong(attempts, FREE_TRIES + 1)
    attempts.note_right("ann", "a")
    assert attempts.wait_s("ann", "a", 0.0) == 0.0
    for _ in range(100):
        attempts.note_wrong("ann", "a", 0.0)
        attempts.note_right("ann", "a")
    assert attempts.wait_s("ann", "a", 0.0) == 0.0


def test_memory_is_limited() -> None:
    """Who tries ever new names fills nothing."""
    attempts = Attempts()
    for number in range(MOST_KEYS + 50):
        attempts.note_wrong(str(number), str(number), 0.0)
    assert len(attempts._tried) == MOST_KEYS
