"""Messages as a WebSocket client sends them: one frame each, masked.

Core, no I/O. The library takes ten times as long, and asks the kernel for random bytes for each
message: together as long as sending it. A call sends up to 25 messages a second.

Source: RFC 6455, 5.2 (frame) and 5.3 (mask, which must be unpredictable).
"""

from __future__ import annotations

import secrets
import struct
from typing import TYPE_CHECKING

try:
    from websockets.speedups import apply_mask
except ImportError:  # built without a C compiler, or no longer there

    def apply_mask(data: bytes | bytearray | memoryview[int], mask: bytes | bytearray) -> bytes:
        """XOR the data with the mask, over and over."""
        n_bytes = len(data)
        masks = bytes(mask * (n_bytes // _MASK_BYTES + 1))[:n_bytes]
        masked = int.from_bytes(data, "little") ^ int.from_bytes(masks, "little")
        return masked.to_bytes(n_bytes, "little")


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("BINARY", "TEXT", "MessageFramer")

TEXT, BINARY = 0x81, 0x82
"""The last (and only) frame of a message of each kind."""
_MASKED = 0x80
_MEDIUM_LENGTH, _LONG_LENGTH = _MASKED | 126, _MASKED | 127
_pack_short = struct.Struct("!BB4s").pack
_pack_medium = struct.Struct("!BBH4s").pack
_pack_long = struct.Struct("!BBQ4s").pack
_MASK_BYTES = 4
_MASKS_AT_ONCE = 64


class MessageFramer:
    """Makes the frames of one socket.

    Args:
        random_bytes: Returns that many unpredictable bytes.
    """

    def __init__(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random_bytes = random_bytes
        self._next_mask = self._make_masks().__next__

    def frame(self, payload: bytes, kind: int = BINARY) -> bytes:
        """Return the bytes of one message on the wire."""
        mask, length = self._next_mask(), len(payload)
        if length < 126:
            head = _pack_short(kind, _MASKED | length, mask)
        elif length < 65_536:
            head = _pack_medium(kind, _MEDIUM_LENGTH, length, mask)
        else:
            head = _pack_long(kind, _LONG_LENGTH, length, mask)
        return head + apply_mask(payload, mask)

    def _make_masks(self) -> Iterator[bytes]:
        while True:
            pool = self._random_bytes(_MASKS_AT_ONCE * _MASK_BYTES)
            for at in range(0, len(pool), _MASK_BYTES):
                yield pool[at : at + _MASK_BYTES]
