"""WAV files at the telephone's rate: 8 kHz, 16 bit.

Layer: bottom; its only I/O is the file that the caller names. Other rates are refused, and
the error names the command that converts them: good resampling is done once, not in every call.
"""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("read_wav", "write_wav")


def read_wav(path: Path, *, rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    """Read a whole WAV file.

    Args:
        path: The file.
        rate_hz: The rate that it must have.

    Returns:
        The samples, s16le mono.

    Raises:
        ConfigError: The file is missing, is not a WAV file, or has the wrong rate, width or
            number of channels.
    """
    try:
        with wave.open(str(path), "rb") as file:
            found = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            pcm = file.readframes(file.getnframes())
    except OSError as exc:
        raise ConfigError(f"cannot read: {exc.strerror}", path=str(path)) from exc
    except (wave.Error, EOFError) as exc:
        raise ConfigError(f"not a WAV file: {exc}", path=str(path)) from exc
    if found != (1, SAMPLE_BYTES, rate_hz):
        channels, width, rate = found
        raise ConfigError(
            f"expected 1 channel, 16 bit, {rate_hz} Hz;"
            f" found {channels}, {width * 8} bit, {rate} Hz"
            f" (sox IN.wav -r {rate_hz} -c 1 -b 16 OUT.wav)",
            path=str(path),
        )
    return pcm


def write_wav(path: Path, *channels: bytes) -> None:
    """Write one channel, or several side by side (two: left, right).

    Args:
        path: The file; overwritten.
        channels: Each s16le mono 8 kHz; shorter ones are filled with silence at the end.

    Raises:
        OSError: The file cannot be written.
    """
    n_samples = max(len(pcm) for pcm in channels) // SAMPLE_BYTES
    samples = np.zeros((n_samples, len(channels)), dtype="<i2")
    for column, pcm in enumerate(channels):
        samples[: len(pcm) // SAMPLE_BYTES, column] = np.frombuffer(pcm, dtype="<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(samples.tobytes())
