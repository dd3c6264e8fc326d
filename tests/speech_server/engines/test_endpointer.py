"""The end-pointer: exact, on made-up probabilities; the level says nothing where all is silent."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.engines.endpointer import Boundary, Endpointer

START, END = Boundary.VOICE_STARTED, Boundary.VOICE_ENDED
WINDOW_MS = 32


def sound(peak: int) -> bytes:
    """A window of one level."""
    return peak.to_bytes(2, "little") * 256


def run(probabilities: list[float], tail: int = 3, peak: int = 0) -> list[tuple[int, Boundary]]:
    """Index of the window and what it was the end of; ``tail`` in windows."""
    endpointer = Endpointer(window_ms=WINDOW_MS, tail_ms=tail * WINDOW_MS)
    found = [(at, endpointer.push(each, sound(peak))) for at, each in enumerate(probabilities)]
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
@pytest.mark.parametrize("peak", [0, 1000])
def test_two_of_the_last_four_windows_are_a_start(
    row: list[float], start: int | None, peak: int
) -> None:
    """At or above 0.5, in any two of the four; the level has no part in it."""
    assert run(row, peak=peak) == ([] if start is None else [(start, START)])


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


def test_a_cut_ends_a_sentence() -> None:
    """Nothing of it is the next one's."""
    endpointer = Endpointer(window_ms=WINDOW_MS, tail_ms=96)
    assert [endpointer.push(1, sound(0)) for _ in range(3)] == [None, START, None]
    assert endpointer.in_voice
    endpointer.cut()
    assert not endpointer.in_voice
    assert [endpointer.push(1, sound(0)) for _ in range(2)] == [None, START]
    assert endpointer.voice_start_ms == 3 * WINDOW_MS


@pytest.mark.parametrize(("row", "onset"), [([1, 1], 2), ([0, 1, 0, 1], 3), ([1, 0, 0, 1], 4)])
def test_onset_is_the_first_recent_speech_window(row: list[float], onset: int) -> None:
    """Where nothing is loud."""
    endpointer = Endpointer(window_ms=WINDOW_MS, tail_ms=96)
    for each in row:
        boundary = endpointer.push(each, sound(0))
    assert boundary is START
    assert endpointer.position_ms - endpointer.voice_start_ms == onset * WINDOW_MS


def test_the_edges_are_those_of_the_sound() -> None:
    """The detector is two windows late at either end, over a line that hums."""
    endpointer = Endpointer(window_ms=WINDOW_MS, tail_ms=320)
    peaks = [150] * 10 + [9000] * 10 + [150] * 20
    heard = [0.0] * 12 + [1.0] * 10 + [0.0] * 18
    found = {}
    for peak, probability in zip(peaks, heard, strict=True):
        boundary = endpointer.push(probability, sound(peak))
        if boundary is not None:
            found[boundary] = endpointer.position_ms
    assert found == {START: 14 * WINDOW_MS, END: 30 * WINDOW_MS}
    assert (endpointer.voice_start_ms, endpointer.voice_end_ms) == (320, 640)


def test_words_that_the_detector_has_missed_are_no_noise() -> None:
    """A quarter of the windows without speech must be softer than what counts as noise."""
    endpointer = Endpointer(window_ms=WINDOW_MS, tail_ms=320)
    peaks = [150] * 6 + [9000] * 10 + [150]
    for peak, probability in zip(peaks, [0.0] * 12 + [1.0] * 4 + [0.0], strict=True):
        endpointer.push(probability, sound(peak))
    assert (endpointer.voice_start_ms, endpointer.voice_end_ms) == (192, 512)
