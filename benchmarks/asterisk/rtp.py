"""The RTP session of a test caller: G.711 u-law both ways, keys as RTP events. Asyncio shell."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import struct
from typing import TYPE_CHECKING, cast

from ivr_agi.audio.frames import FRAME_S, FRAME_SAMPLES
from ivr_agi.audio.g711 import pcm_to_ulaw, ulaw_to_pcm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

__all__ = ("RtpSession", "rtp_session")

PCMU, TELEPHONE_EVENT = 0, 101
KEYS = "0123456789*#"
_HEADER = struct.Struct("!BBHII")
"""Version, marker and payload type, sequence, timestamp, source (RFC 3550, 5.1)."""


class RtpSession(asyncio.DatagramProtocol):
    """Made by :func:`rtp_session`."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self.far_end: tuple[str, int] | None = None
        """Asterisk's address; nothing is sent before it is known."""
        self._hear = hear
        self._transport: asyncio.DatagramTransport | None = None
        self._source = secrets.randbits(32)
        self._sequence = 0
        self._timestamp = 0
        self._keys: list[bytes] = []

    @property
    def port(self) -> int:
        """Ours, on loopback."""
        if self._transport is None:
            raise ValueError("an RTP session is used in an async with block")
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As :class:`asyncio.DatagramProtocol` says."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, _address: object) -> None:
        """As :class:`asyncio.DatagramProtocol` says."""
        if len(data) > _HEADER.size and data[1] & 0x7F == PCMU:
            self._hear(ulaw_to_pcm(data[_HEADER.size :]))

    def send_frame(self, pcm: bytes) -> None:
        """Send 20 ms: the next part of a key that is pressed, or else this audio (s16le, 8 kHz)."""
        self._timestamp += FRAME_SAMPLES
        if not self._keys:
            self._send(PCMU, self._timestamp, pcm_to_ulaw(pcm))
            return
        # All packets of a key carry the time of its start (RFC 4733, 2.5.1.2).
        event = self._keys.pop(0)
        duration = int.from_bytes(event[2:], "big")
        self._send(TELEPHONE_EVENT, self._timestamp - duration + FRAME_SAMPLES, event)
        if event[1] & 0x80:  # its end is sent three times, packets get lost
            for _ in range(2):
                self._send(TELEPHONE_EVENT, self._timestamp - duration + FRAME_SAMPLES, event)

    def press(self, key: str) -> float:
        """Press a key for 100 ms; returns for how many seconds it will be down."""
        code, n_frames = KEYS.index(key), 5
        for frame in range(1, n_frames + 1):
            end_and_volume = (0x80 if frame == n_frames else 0) | 10
            self._keys.append(struct.pack("!BBH", code, end_and_volume, frame * FRAME_SAMPLES))
        return n_frames * FRAME_S

    def _send(self, payload_type: int, timestamp: int, payload: bytes) -> None:
        if self.far_end is None or self._transport is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = _HEADER.pack(0x80, payload_type, self._sequence, timestamp, self._source)
        self._transport.sendto(head + payload, self.far_end)


@contextlib.asynccontextmanager
async def rtp_session(hear: Callable[[bytes], None]) -> AsyncIterator[RtpSession]:
    """Open a session on a free port of loopback, for the time of the block.

    Args:
        hear: Takes the audio of each packet, s16le mono 8 kHz.
    """
    loop = asyncio.get_running_loop()
    transport, session = await loop.create_datagram_endpoint(
        lambda: RtpSession(hear), local_addr=("127.0.0.1", 0)
    )
    try:
        yield session
    finally:
        transport.close()
