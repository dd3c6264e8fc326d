"""Sounds of which only the length matters: they end when their time has passed.

Nothing is read frame by frame, so a prompt costs the simulator two looks at the clock.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.audio.frames import (
    FRAME_BYTES,
    FRAME_SAMPLES,
    SAMPLE_BYTES,
    SAMPLE_RATE_HZ,
    SILENCE_FRAME,
    ms_to_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("RECORDING_S", "VOICE_FRAME", "TimedSound", "TimedSounds", "silent_speech", "speaking_s")

RECORDING_S = 2.0
"""Length of a recording of which nothing is known."""
WIDE_PER_S, NARROW_PER_S = 4.2, 15.0
"""Characters that a voice says in a second, Chinese and others."""
_EARLY_SAMPLES = 8
"""A timer may come a rounding error before the end."""


def _vowel() -> bytes:
    """Return 20 ms of a vowel: three periods of a voice of 150 Hz, with falling overtones."""
    times = np.arange(FRAME_SAMPLES) / SAMPLE_RATE_HZ
    overtones = np.arange(1, 20)[:, np.newaxis]
    wave = np.sum(np.sin(2 * np.pi * 150 * overtones * times) / overtones, axis=0)
    return bytes((4000 * wave).astype("<i2").tobytes())


VOICE_FRAME = _vowel()
"""A caller's frame while they speak, where nobody understands it: a message is recorded."""


def speaking_s(text: str) -> float:
    """Return about how long a text takes to say, seconds."""
    wide = sum(1 for char in text if char > "⺀")
    return wide / WIDE_PER_S + (len(text) - wide) / NARROW_PER_S


def silent_speech(text: str) -> bytes:
    """Return silence as long as a text takes to say, s16le mono 8 kHz; at least a frame."""
    return bytes(max(FRAME_BYTES, ms_to_bytes(round(1000 * speaking_s(text)))))


class TimedSound:
    """One sound that is played (a :class:`~ivr_agi.simulator.playback.SoundFile`).

    Args:
        length_samples: Its length at 8 kHz.
        clock: Gives seconds.
    """

    def __init__(self, length_samples: int, clock: Callable[[], float]) -> None:
        self.length_samples = length_samples
        self._clock = clock
        self._from_samples = 0
        self._began_at = clock()

    @property
    def position_samples(self) -> int:
        """Samples already played."""
        played = round((self._clock() - self._began_at) * SAMPLE_RATE_HZ)
        return min(self._from_samples + played, self.length_samples)

    @property
    def ends_at(self) -> float:
        """When it will have been played, by the clock."""
        return self._began_at + (self.length_samples - self._from_samples) / SAMPLE_RATE_HZ

    def seek(self, position_samples: int) -> None:
        """Begin at a position; beyond the end means at the end."""
        self._from_samples = max(0, min(position_samples, self.length_samples))
        self._began_at = self._clock()

    def read_frame(self) -> bytes:
        """Return silence until it has been played, then nothing."""
        is_over = self.position_samples + _EARLY_SAMPLES >= self.length_samples
        return b"" if is_over else SILENCE_FRAME

    def close(self) -> None:
        """Nothing is open."""


class TimedSounds:
    """Opens sounds by name, as Asterisk does.

    Args:
        recordings: What is said in each recorded sound, by its name.
        clock: Gives seconds.
    """

    def __init__(self, recordings: dict[str, str], clock: Callable[[], float]) -> None:
        self._recordings = recordings
        self._clock = clock

    def __call__(self, name: str, language: str) -> TimedSound:
        """Open a sound: a synthesised file, or a recording, which is always there."""
        return TimedSound(self._length_samples(name), self._clock)

    def _length_samples(self, name: str) -> int:
        if name.startswith("/"):
            return os.stat(f"{name}.sln").st_size // SAMPLE_BYTES
        folder, _, seconds = name.partition("/")
        if folder == "silence" and seconds.isdecimal():
            return int(seconds) * SAMPLE_RATE_HZ
        text = self._recordings.get(name)
        return round((speaking_s(text) if text else RECORDING_S) * SAMPLE_RATE_HZ)
