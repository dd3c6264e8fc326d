"""What is played and said: a tone, the demo's voice, and where in a recording the voice begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import ivr_agi.demo
from ivr_agi.audio.wav import read_wav

__all__ = ("ACCOUNT_BALANCE", "TECHNICAL_SUPPORT", "onset_s", "tone")

RATE_HZ = 8000
WINDOW_SAMPLES = 80
_VOICE = Path(ivr_agi.demo.__file__).parent / "voice"

ACCOUNT_BALANCE = read_wav(_VOICE / "account_balance.wav")
TECHNICAL_SUPPORT = read_wav(_VOICE / "technical_support.wav")


def tone(duration_s: float) -> bytes:
    """Tone of 1000 Hz, s16le mono 8 kHz."""
    samples = np.sin(np.arange(round(duration_s * RATE_HZ)) * (2 * np.pi * 1000 / RATE_HZ))
    pcm: bytes = (samples * 8000).astype("<i2").tobytes()
    return pcm


def onset_s(pcm: bytes) -> float:
    """Where the voice begins: the first 10 ms above 3 % of the peak (``engines.md`` 3)."""
    level = np.abs(np.frombuffer(pcm, "<i2").astype(np.int32))
    windows = level[: len(level) // WINDOW_SAMPLES * WINDOW_SAMPLES].reshape(-1, WINDOW_SAMPLES)
    loud = windows.max(axis=1) > level.max() * 0.03
    return float(loud.argmax()) * WINDOW_SAMPLES / RATE_HZ
