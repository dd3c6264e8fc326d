"""Outlines of sound: each 10 ms, and as many columns as are drawn."""

from __future__ import annotations

import re

import numpy as np

from ivr_agi.report.peaks import outline, peaks_of


def points(path: str) -> list[tuple[float, float]]:
    """The points of a path."""
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


def test_peaks_are_lowest_and_highest() -> None:
    """Of each 80 samples; the last may be fewer."""
    samples = np.zeros(200, "<i2")
    samples[10], samples[90], samples[170] = 5, -7, 9
    peaks = peaks_of(samples.tobytes())
    assert peaks.high.tolist() == [5, 0, 9]
    assert peaks.low.tolist() == [0, -7, 0]
    assert peaks_of(b"").high.size == 0


def test_an_outline_has_no_peak_left_out() -> None:
    """However few columns it has."""
    samples = np.zeros(8000 * 60, "<i2")
    samples[8000 * 30] = 32_767
    path = outline(peaks_of(samples.tobytes()), 0.0, 60.0, width=100, middle=30, height=30)
    assert min(y for _, y in points(path)) == 0.0
    assert len(points(path)) == 200
    assert max(x for x, _ in points(path)) == 100.0


def test_a_part() -> None:
    """What is not in it is not drawn; beyond the end is nothing."""
    samples = np.zeros(8000, "<i2")
    samples[4000:] = 16_384
    peaks = peaks_of(samples.tobytes())
    assert max(y for _, y in points(outline(peaks, 0.0, 0.4, width=10, middle=30, height=30))) == 30
    assert min(y for _, y in points(outline(peaks, 0.6, 0.9, width=10, middle=30, height=30))) == 15
    half = points(outline(peaks, 0.5, 1.5, width=100, middle=30, height=30))
    assert max(x for x, _ in half) == 50
    assert outline(peaks, 5.0, 6.0, width=10, middle=30, height=30) == "M0 30H10"
