"""The end-pointer: exact, on made-up probabilities."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.engines.endpointer import Boundary, Endpointer

START, END = Boundary.VOICE_STARTED, Boundary.VOICE_ENDED


def run(probabilities: list[float], tail: int = 3) -> list[tuple[int, Boundary]]:
    """Index of the window and what it was the end of."""
    endpointer = Endpointer(tail)
    found = [(index, endpointer.push(each)) for index, each in enumerate(probabilities)]
    return [(index, boundary) for index, boundary in found if boundary is not None]


@pytest.mark.parametrize(
    ("row", "start"),
    [
        ([1, 1], 1),
        ([0, 0, 0, 0, 0.5, 0.5], 5),
        ([1, 0, 1], 2),
        ([1, 0, 0, 1], 3),
        ([1, 0, 0, 0, 1], None),
        ([0.49] * 10, None),
        ([1, 0, 0, 0] * 5, None),
    ],
)
def test_two_of_the_last_four_windows_are_a_start(row: list[float], start: int | None) -> None:
    """At or above 0.5, in any two of the four."""
    assert run(row) == ([] if start is None else [(start, START)])


@pytest.mark.parametrize("tail", [1, 2, 3, 16])
def test_that_much_silence_is_the_end(tail: int) -> None:
    """Below 0.35, without a break."""
    assert run([1, 1, 1] + [0.34] * 20, tail) == [(1, START), (2 + tail, END)]


def test_what_is_neither_goes_on() -> None:
    """Between the two thresholds the voice goes on, and its silence starts anew."""
    assert run([1, 1, 0, 0, 0.35, 0, 0, 0.35, 0, 0, 0]) == [(1, START), (10, END)]


def test_no_tail_is_one_window() -> None:
    """There is no shorter silence than a window."""
    assert run([1, 1, 0], 0) == [(1, START), (2, END)]


def test_the_next_sentence_starts_from_nothing() -> None:
    """Windows of the one before do not count."""
    assert run([1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1]) == [(1, START), (4, END), (11, START)]


@pytest.mark.parametrize(("row", "onset"), [([1, 1], 2), ([0, 1, 0, 1], 3), ([1, 0, 0, 1], 4)])
def test_onset_is_the_first_recent_speech_window(row: list[float], onset: int) -> None:
    """Counted back from the window that says START."""
    endpointer = Endpointer(3)
    for each in row:
        boundary = endpointer.push(each)
    assert boundary is START
    assert endpointer.onset_windows == onset
