"""Signals to measure with: a tone, line noise, the demo's voice and the onset of a voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import ivr_agi.demo
from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.audio.wav import read_wav

__all__ = ("ACCOUNT_BALANCE", "TECHNICAL_SUPPORT", "line_noise", "onset_s", "tone")

_LINE_NOISE = 6
"""RMS of 32768: -75 dBFS."""
_WINDOW_SAMPLES = 80
_VOICE = Path(ivr_agi.demo.__file__).parent / "voice"

ACCOUNT_BALANCE = read_wav(_VOICE / "account_balance.wav")
TECHNICAL_SUPPORT = read_wav(_VOICE / "technical_support.wav")


def tone(duration_s: float) -> bytes:
    """Return a tone of 1000 Hz, s16le mono 8 kHz."""
    samples = np.sin(
        np.arange(round(duration_s * SAMPLE_RATE_HZ)) * (2 * np.pi * 1000 / SAMPLE_RATE_HZ)
    )
    pcm: bytes = (samples * 8000).astype("<i2").tobytes()
    return pcm


def line_noise(ms: int) -> bytes:
    """Return the noise of a quiet line, s16le mono 8 kHz; always the same."""
    noise = np.random.default_rng(0).standard_normal(8 * ms) * _LINE_NOISE
    return noise.astype("<i2").tobytes()


def onset_s(pcm: bytes) -> float:
    """Return where the voice begins: the first 10 ms above 3 % of the peak (``engines.md`` 3)."""
    level = np.abs(np.frombuffer(pcm, "<i2").astype(np.int32))
    windows = level[: len(level) // _WINDOW_SAMPLES * _WINDOW_SAMPLES].reshape(-1, _WINDOW_SAMPLES)
    loud = windows.max(axis=1) > level.max() * 0.03
    return float(loud.argmax()) * _WINDOW_SAMPLES / SAMPLE_RATE_HZ
