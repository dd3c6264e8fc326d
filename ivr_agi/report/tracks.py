"""Both sides of a call on one time line, from its recordings. Shell."""

from __future__ import annotations

import contextlib
import wave
from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.simulator.line import CallTracks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ("tracks_of",)


def tracks_of(files: Iterable[tuple[Path, float]], seconds: float) -> CallTracks:
    """Return the tracks of a call: silence where nothing was recorded.

    Args:
        files: Stereo recordings, the caller left, with their begin in the call, seconds; those that
            are gone or cannot be read are left out.
        seconds: Length of the call.
    """
    n_samples = max(1, round(seconds * SAMPLE_RATE_HZ))
    sides = np.zeros((2, n_samples), np.int16)
    for file, begin_s in files:
        with contextlib.suppress(OSError, EOFError, wave.Error), wave.open(str(file)) as recorded:
            if recorded.getnchannels() != 2 or recorded.getsampwidth() != SAMPLE_BYTES:
                continue
            pcm = np.frombuffer(recorded.readframes(recorded.getnframes()), "<i2").reshape(-1, 2)
            start = max(0, round(begin_s * SAMPLE_RATE_HZ))
            part = pcm[: max(0, n_samples - start)].T
            sides[:, start : start + part.shape[1]] = part
    caller, ivr = (bytearray(side.astype("<i2").tobytes()) for side in sides)
    return CallTracks(caller_pcm=caller, ivr_pcm=ivr)
