"""Messages of bytes as a WebSocket client sends them: one frame each, masked.

Core, no I/O. The library does it too, in ten times the time, and asks the kernel for random bytes
for each message: together as much as sending it. A call sends up to 25 of them a second.

Source: RFC 6455, 5.2 (frame) and 5.3 (mask, which nobody may be able to predict).
"""

from __future__ import annotations

import secrets
import struct
from typing import TYPE_CHECKING

try:
    from websockets.speedups import apply_mask
except ImportError:  # built without a C compiler
    from websockets.utils import apply_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("BinaryFramer",)

_BINARY = 0x82
"""The last (and only) frame of a message of bytes."""
_MASKED = 0x80
_SHORT, _MEDIUM, _LONG = struct.Struct("!BB4s"), struct.Struct("!BBH4s"), struct.Struct("!BBQ4s")
_MASK_BYTES = 4
_MASKS_AT_ONCE = 64


class BinaryFramer:
    """Makes the frames of one socket.

    Args:
        random_bytes: Gives so many bytes that nobody can predict.
    """

    def __init__(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random_bytes = random_bytes
        self._masks = self._make_masks()

    def frame(self, payload: bytes) -> bytes:
        """Return one message, as its bytes on the wire."""
        mask, length = next(self._masks), len(payload)
        if length < 126:
            head = _SHORT.pack(_BINARY, _MASKED | length, mask)
        elif length < 1 << 16:
            head = _MEDIUM.pack(_BINARY, _MASKED | 126, length, mask)
        else:
            head = _LONG.pack(_BINARY, _MASKED | 127, length, mask)
        return head + apply_mask(payload, mask)

    def _make_masks(self) -> Iterator[bytes]:
        while True:
            pool = self._random_bytes(_MASKS_AT_ONCE * _MASK_BYTES)
            for at in range(0, len(pool), _MASK_BYTES):
                yield pool[at : at + _MASK_BYTES]
