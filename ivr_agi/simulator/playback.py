"""Sounds as STREAM FILE plays them, frame by frame.

Layer: no I/O of its own; it reads the file objects it is given (``sound_folder.py`` opens real
files, ``io.BytesIO`` serves virtual time). Every frame is s16le mono 8 kHz, 20 ms, 320 bytes; only
the last one of a file may be shorter.
"""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Protocol

import numpy as np

from ivr_agi.audio.frames import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.audio.g711 import alaw_to_pcm, ulaw_to_pcm

__all__ = (
    "ALAW",
    "SLIN",
    "SLIN16",
    "ULAW",
    "Codec",
    "HeadlessSound",
    "SoundFile",
    "SoundOpener",
    "WavSound",
)


@dataclass(frozen=True)
class Codec:
    """How the samples of a file without a header are stored."""

    bytes_per_sample: int
    to_pcm: Callable[[bytes], bytes]
    """To s16le 8 kHz."""
    frame_samples: int = FRAME_SAMPLES
    """Samples in 20 ms."""


def _every_second(wide: bytes) -> bytes:
    return np.frombuffer(wide, "<i2")[::2].tobytes()


SLIN = Codec(SAMPLE_BYTES, bytes)
SLIN16 = Codec(SAMPLE_BYTES, _every_second, 2 * FRAME_SAMPLES)
"""At 16 kHz."""
ULAW = Codec(1, ulaw_to_pcm)
ALAW = Codec(1, alaw_to_pcm)


class SoundFile(Protocol):
    """One opened sound file."""

    @property
    def length_samples(self) -> int:
        """Length when it was opened: the ``endpos=`` at its end, even if it has grown.

        Like positions, it is counted in the file's own samples, as Asterisk's ``endpos=`` is.
        """

    @property
    def position_samples(self) -> int:
        """Samples already read."""

    def seek(self, position_samples: int) -> None:
        """Go to a position; beyond the end means the end."""

    def read_frame(self) -> bytes:
        """Return the next 20 ms as s16le; less at the end of the file, ``b""`` after it."""

    def close(self) -> None:
        """Close the file."""


SoundOpener = Callable[[str, str], SoundFile | None]
"""Opens a sound by name and language; returns None if there is none."""


class HeadlessSound:
    """A ``.sln``, ``.ulaw``, ``.alaw`` or ``.sln16`` file, which may grow while it plays.

    The file is read frame by frame, so what is appended in time is heard. A read of less than a
    frame is the end for good, even if the file grows later: end-of-file is sticky in glibc's
    ``fread()``. Source: ``formats/format_sln.c``, ``formats/format_pcm.c``.
    """

    def __init__(self, file: IO[bytes], codec: Codec = SLIN) -> None:
        self._file = file
        self._codec = codec
        self._ended = False
        self.length_samples = file.seek(0, 2) // codec.bytes_per_sample
        self.position_samples = 0
        self.seek(0)

    def seek(self, position_samples: int) -> None:
        """Go to a position, at most the length at opening."""
        self.position_samples = max(0, min(position_samples, self.length_samples))
        self._file.seek(self.position_samples * self._codec.bytes_per_sample)

    def read_frame(self) -> bytes:
        """Return the next frame, with whatever has been appended by now."""
        if self._ended:
            return b""
        data = self._file.read(self._codec.frame_samples * self._codec.bytes_per_sample)
        n_samples = len(data) // self._codec.bytes_per_sample
        self._ended = n_samples < self._codec.frame_samples
        self.position_samples += n_samples
        return self._codec.to_pcm(data[: n_samples * self._codec.bytes_per_sample])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class WavSound:
    """A ``.wav`` file: its length is what the header says when the file is opened.

    Raises:
        wave.Error: The file is not a WAV file, or not 8 kHz 16 bit mono: Asterisk refuses it, too.
        EOFError: The file ends within its header.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._wave = wave.open(file, "rb")
        found = (self._wave.getnchannels(), self._wave.getsampwidth(), self._wave.getframerate())
        if found != (1, SAMPLE_BYTES, SAMPLE_RATE_HZ):
            raise wave.Error("not 8000 Hz, 16 bit, mono")
        self.length_samples = self._wave.getnframes()

    @property
    def position_samples(self) -> int:
        """Samples already read."""
        return self._wave.tell()

    def seek(self, position_samples: int) -> None:
        """Go to a position, at most the length."""
        self._wave.setpos(max(0, min(position_samples, self.length_samples)))

    def read_frame(self) -> bytes:
        """The next frame."""
        return self._wave.readframes(FRAME_SAMPLES)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
