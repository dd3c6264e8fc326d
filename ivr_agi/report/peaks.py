"""The outline of a call's sound: the lowest and highest sample of each 10 ms. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.audio.frames import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("COLUMN_S", "Peaks", "outline", "peaks_of")

COLUMN_S = 0.01
_COLUMN = round(SAMPLE_RATE_HZ * COLUMN_S)


@dataclass(frozen=True)
class Peaks:
    """Of one side of a call."""

    low: NDArray[np.int16]
    """Lowest samples, shape (columns,)."""
    high: NDArray[np.int16]
    """Highest samples, shape (columns,)."""


def peaks_of(pcm: bytes | bytearray) -> Peaks:
    """Return the peaks of s16le samples of 8 kHz."""
    samples = np.frombuffer(pcm, "<i2")
    n_columns = -(-samples.size // _COLUMN)
    padded = np.zeros(n_columns * _COLUMN, np.int16)
    padded[: samples.size] = samples
    columns = padded.reshape(-1, _COLUMN)
    return Peaks(columns.min(axis=1), columns.max(axis=1))


def outline(
    peaks: Peaks, since_s: float, until_s: float, *, width: int, middle: float, height: float
) -> str:
    """Return the outline of a part as the path of an SVG, at most ``width`` columns.

    Args:
        peaks: Of the whole call.
        since_s: Begin of the part, seconds.
        until_s: End of the part.
        width: Of the drawing, in its units.
        middle: Where silence is drawn, from above.
        height: From silence to the loudest sample.
    """
    first = max(0, round(since_s / COLUMN_S))
    last = max(first + 1, round(until_s / COLUMN_S))
    low, high = peaks.low[first:last], peaks.high[first:last]
    if not low.size:
        return f"M0 {middle:g}H{width}"
    n = min(width, low.size)
    edges = np.linspace(0, low.size, n, endpoint=False).astype(int)
    lows = np.minimum.reduceat(low, edges) / 32768
    highs = np.maximum.reduceat(high, edges) / 32768
    x = np.linspace(0, width * low.size / (last - first), n)
    above = [f"{a:.1f} {middle - b * height:.1f}" for a, b in zip(x, highs, strict=True)]
    below = [f"{a:.1f} {middle - b * height:.1f}" for a, b in zip(x, lows, strict=True)]
    return f"M{'L'.join(above)}L{'L'.join(reversed(below))}Z"
