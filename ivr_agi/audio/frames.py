"""Samples and frames, as all rooms count them: a frame is 20 ms of s16le mono at 8 kHz, 320 bytes.

Core, no I/O.

Source: Asterisk writes fd 3 of an EAGI script in such frames (``asterisk.md`` section 1).
"""

from __future__ import annotations

__all__ = (
    "FRAME_BYTES",
    "FRAME_MS",
    "FRAME_S",
    "FRAME_SAMPLES",
    "SAMPLES_PER_MS",
    "SAMPLE_BYTES",
    "SAMPLE_RATE_HZ",
    "SILENCE_FRAME",
    "ms_to_bytes",
    "bytes_to_ms",
)

SAMPLE_RATE_HZ = 8000
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000
SAMPLE_BYTES = 2
FRAME_MS = 20
FRAME_S = FRAME_MS / 1000
FRAME_SAMPLES = SAMPLE_RATE_HZ * FRAME_MS // 1000
FRAME_BYTES = FRAME_SAMPLES * SAMPLE_BYTES
SILENCE_FRAME = bytes(FRAME_BYTES)


def ms_to_bytes(duration_ms: int) -> int:
    """Return how many bytes of PCM (s16le mono 8 kHz) last ``duration_ms``."""
    return duration_ms * SAMPLE_RATE_HZ // 1000 * SAMPLE_BYTES


def bytes_to_ms(n_bytes: int) -> float:
    """Return how many milliseconds ``n_bytes`` of PCM (s16le mono 8 kHz) last."""
    return n_bytes * 1000 / (SAMPLE_RATE_HZ * SAMPLE_BYTES)
