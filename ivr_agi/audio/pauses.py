"""Finds pauses in a prompt: where to resume after it was stopped for nothing.

Layer: bottom, no I/O. After an interruption in the middle of a word, a listener wants the whole
phrase again, not the rest of the word.
"""

from __future__ import annotations

import numpy as np

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ

__all__ = ("MAX_BACK_S", "last_pause_before")

MAX_BACK_S = 3.0
"""A resumed prompt repeats no more than this."""

PAUSE_MS = 100
"""Shorter silence is the closed mouth before a p, t or k (up to 80 ms), not a pause."""

UNDER_SPEECH_DB = 30.0
"""A pause is this much softer than the prompt's loud steps; recordings have a noise floor."""

_STEP_MS = 10
_STEP_SAMPLES = SAMPLE_RATE_HZ * _STEP_MS // 1000
_PAUSE_STEPS = PAUSE_MS // _STEP_MS
_SPEECH_PERCENTILE = 95


def last_pause_before(pcm: bytes, position_samples: int) -> int:
    """Find where to resume a prompt that was stopped at ``position_samples``.

    Args:
        pcm: The prompt (s16le mono 8 kHz), at least up to the position.
        position_samples: Where it was stopped; beyond the end means the end.

    Returns:
        The sample in the middle of the last pause that ends before the position (or contains it),
        at most 3 s before it. Without a pause: 0, the beginning, if it is within those 3 s; else
        the middle of their softest 100 ms. Never after the position.
    """
    stop = min(max(position_samples, 0), len(pcm) // SAMPLE_BYTES)
    levels = _levels_db(pcm[: stop * SAMPLE_BYTES])
    if levels.size < _PAUSE_STEPS:
        return 0
    loud = np.sort(levels)[levels.size * _SPEECH_PERCENTILE // 100]
    quiet = levels < loud - UNDER_SPEECH_DB
    first_step = max(0, (stop - round(MAX_BACK_S * SAMPLE_RATE_HZ)) // _STEP_SAMPLES + 1)
    end = levels.size
    while end > first_step:
        if not quiet[end - 1]:
            end -= 1
            continue
        begin = end
        while begin > 0 and quiet[begin - 1]:
            begin -= 1
        middle = (begin + end) // 2
        if end - begin >= _PAUSE_STEPS and middle >= first_step:
            return middle * _STEP_SAMPLES
        end = begin
    return _softest(levels, first_step) * _STEP_SAMPLES if first_step else 0


def _softest(levels: np.ndarray[tuple[int], np.dtype[np.float64]], first_step: int) -> int:
    """Return the step in the middle of the softest 100 ms from ``first_step`` on."""
    sums = np.convolve(levels[first_step:], np.ones(_PAUSE_STEPS), "valid")
    return first_step + int(sums.argmin()) + _PAUSE_STEPS // 2


def _levels_db(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the level of every whole 10 ms, in dB."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    steps = samples[: samples.size // _STEP_SAMPLES * _STEP_SAMPLES].reshape(-1, _STEP_SAMPLES)
    levels: np.ndarray[tuple[int], np.dtype[np.float64]] = 10 * np.log10(
        np.mean(steps**2, axis=1) + 1.0
    )
    return levels
