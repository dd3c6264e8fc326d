"""What a benchmark writes into the caller's audio, and reads back at the speech service.

Core, no I/O.

Each frame of 20 ms begins with when it was written to fd 3, by which call, and which frame of the
call it is; the rest is line noise, or as loud as a voice. So the far end sees how old it is and
whether one is missing. A frame without a stamp was made by the plugin, to fill a gap.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from ivr_agi.audio.frames import FRAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("Stamp", "read_stamps", "stamped")

_LAYOUT = struct.Struct("<dIII")
_MAGIC = 0x1F57A3B9
_STAMP_BYTES = 4 * _LAYOUT.size
"""Four bits a sample, from 0 to 15: a stamp is as quiet as the line."""
_HEX_TO_SAMPLE = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))
_SAMPLE_TO_HEX = bytes.maketrans(bytes(range(16)), b"0123456789abcdef")
_NOISE = bytes(
    byte
    for number in range((FRAME_BYTES - _STAMP_BYTES) // 2)
    for byte in ((number * 7919 % 13 - 6) & 0xFF, 0xFF if number * 7919 % 13 < 6 else 0)
)
"""About -75 dBFS, as a quiet line; never digital silence, which the plugin treats in short."""
_VOICE = b"".join(bytes((0, byte)) for byte in _NOISE[::2])
"""The same 48 dB louder: as loud as a voice."""


class Stamp(NamedTuple):
    """One frame as the speech service got it."""

    written_at: float
    """Monotonic seconds."""
    call: int
    frame: int
    """Counted per call, from 1."""


def stamped(written_at: float, call: int, frame: int, *, is_voice: bool = False) -> bytes:
    """A frame of the caller (320 bytes), who listens or talks."""
    stamp = bytearray(_STAMP_BYTES)
    packed = _LAYOUT.pack(written_at, call, frame, _MAGIC)
    stamp[::2] = packed.hex().encode().translate(_HEX_TO_SAMPLE)
    return bytes(stamp) + (_VOICE if is_voice else _NOISE)


def read_stamps(audio: bytes) -> Iterator[Stamp | None]:
    """The stamp of each whole frame; None: it is not one of ours."""
    for at in range(0, len(audio) - FRAME_BYTES + 1, FRAME_BYTES):
        digits = audio[at : at + _STAMP_BYTES : 2].translate(_SAMPLE_TO_HEX)
        try:
            written_at, call, frame, magic = _LAYOUT.unpack(bytes.fromhex(digits.decode()))
        except ValueError:
            magic = 0
        yield Stamp(written_at, call, frame) if magic == _MAGIC else None
