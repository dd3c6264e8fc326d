"""What carries a recogniser's messages: a WebSocket, or what a rehearsal puts in its place.

Layer: shell over ``websockets``, used by :mod:`ivr_agi.sis.client.recognizer`. What is sent is
written in the call stack of who sends it, around the library's ``send()``, which costs as much as
all the rest of a call's audio together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from websockets.protocol import OPEN

from ivr_agi.sis.client.framing import BinaryFramer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from websockets.asyncio.client import ClientConnection

__all__ = ("MessageTransport", "WebSocket")


class MessageTransport(Protocol):
    """Messages both ways: text as str, audio as bytes."""

    def write(self, messages: Sequence[str | bytes]) -> int:
        """Write before this returns, unless it is closed.

        Returns:
            Bytes that the service has left unread for so long that the kernel takes no more.
        """
        ...

    async def recv(self) -> str | bytes:
        """Return the next message.

        Raises:
            websockets.exceptions.ConnectionClosed: It is closed.
        """
        ...

    async def ping(self) -> Awaitable[float]:
        """Ask whether the service is there; what is returned is done when it says so.

        Raises:
            websockets.exceptions.ConnectionClosed: It is closed.
        """
        ...

    async def close(self) -> None:
        """Close it in order."""
        ...

    def abort(self) -> None:
        """Close it at once; may be called again."""
        ...


class WebSocket:
    """The real one.

    Args:
        socket: Of :func:`ivr_agi.sis.client.connection.open_socket`.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._framer = BinaryFramer()
        self.recv = socket.recv
        self.ping = socket.ping
        self.close = socket.close
        self.abort = socket.transport.abort

    def write(self, messages: Sequence[str | bytes]) -> int:
        """See :meth:`MessageTransport.write`."""
        protocol, transport = self._socket.protocol, self._socket.transport
        if protocol.state is not OPEN:
            return 0
        for message in messages:
            if isinstance(message, bytes):
                transport.write(self._framer.frame(message))
            else:
                protocol.send_text(message.encode())
                transport.write(b"".join(protocol.data_to_send()))
        return transport.get_write_buffer_size()
