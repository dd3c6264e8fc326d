"""A WebSocket to the speech service: opening it, writing messages, and errors.

Shell over ``websockets``. Messages are written in the call stack of the sender, without the
library's ``send()``, which costs as much as everything else that a call does with its audio. They
are framed by :mod:`ivr_agi.sis.client.framing` and written to the transport that asyncio passes to
the connection, as to any protocol.

Source: ``sis-protocol.md`` 3 (handshake) and 12.2 (HTTP errors before the upgrade).
"""

from __future__ import annotations

import functools
import logging
import ssl
from typing import TYPE_CHECKING, Any, Protocol, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.protocol import State

from ivr_agi.errors import SpeechError, SpeechUnavailable
from ivr_agi.sis.access.identity import identified
from ivr_agi.sis.access.signing import HttpRequest
from ivr_agi.sis.client.framing import TEXT, MessageFramer
from ivr_agi.sis.wire.remedies import refusal

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Sequence

    from ivr_agi.sis.access.endpoint import Endpoint

__all__ = ("MessageTransport", "SpeechSocket", "closed_error", "open_socket", "tls_context")

# At DEBUG the library logs the handshake with our token, and messages with the caller's words.
_wire_log = logging.getLogger("ivr_agi.sis.websockets")
_wire_log.setLevel(logging.INFO)

_OPEN = State.OPEN  # looked up once: it is asked for with every message
_CLOSE_TIMEOUT_S = 1.0
"""Limit of the closing handshake, seconds; nobody waits for its outcome."""
_MAX_MESSAGE_BYTES = 4 * 2**20
"""Limit of a received message: two minutes of 16 kHz audio, far more than services send."""


class MessageTransport(Protocol):
    """Messages both ways, text as str, audio as bytes: a socket, or a rehearsal's stand-in."""

    def write(self, messages: Sequence[str | bytes]) -> int:
        """Write the messages at once, unless the transport is closed.

        Returns:
            Bytes that wait because the service does not read and the kernel's buffer is full.
        """
        ...

    async def recv(self) -> str | bytes:
        """Return the next message.

        Raises:
            websockets.exceptions.ConnectionClosed: It is closed.
        """
        ...

    async def ping(self) -> Awaitable[float]:
        """Send a ping; the awaitable is done when the pong arrives.

        Raises:
            websockets.exceptions.ConnectionClosed: It is closed.
        """
        ...

    async def close(self) -> None:
        """Close it with a closing handshake."""
        ...

    def abort(self) -> None:
        """Close it at once; may be called repeatedly."""
        ...


class SpeechSocket(ClientConnection):
    """A :class:`MessageTransport` over the network, made by :func:`open_socket`."""

    _wire: asyncio.Transport

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._frame = MessageFramer().frame

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See :meth:`asyncio.BaseProtocol.connection_made`."""
        super().connection_made(transport)
        self._wire = cast("asyncio.Transport", transport)

    def write(self, messages: Sequence[str | bytes]) -> int:
        """See :meth:`MessageTransport.write`."""
        if self.state is not _OPEN:
            return 0
        wire = self._wire
        for message in messages:
            if isinstance(message, bytes):
                wire.write(self._frame(message))
            else:
                wire.write(self._frame(message.encode(), TEXT))
        return wire.get_write_buffer_size()

    def abort(self) -> None:
        """See :meth:`MessageTransport.abort`."""
        self._wire.abort()


class _Connect(connect):
    """Follows no redirects: the token in the header is for the configured host only."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_socket(
    endpoint: Endpoint, path: str, *, kind: type[SpeechSocket] = SpeechSocket
) -> SpeechSocket:
    """Connect and upgrade.

    Args:
        endpoint: The endpoint, with its credentials.
        path: The API, e.g. ``rasr/sentence-stream``.
        kind: Class of the socket; a benchmark has its own.

    Raises:
        SpeechUnavailable: There is no answer within ``connect_timeout_s``, or not WebSocket.
        SpeechRejected: The HTTP status is not 101, or our credentials were refused too often.

    Cancellation: safe, the socket is closed.
    """
    request = HttpRequest("GET", endpoint.host, endpoint.api_path(path))
    return await identified(endpoint, request, lambda headers: _open(endpoint, path, headers, kind))


async def _open(
    endpoint: Endpoint, path: str, headers: dict[str, str], kind: type[SpeechSocket]
) -> SpeechSocket:
    try:
        socket = await _Connect(
            endpoint.socket_url(path),
            additional_headers=headers,
            ssl=tls_context() if endpoint.url.startswith("wss:") else None,
            proxy=None if endpoint.is_loopback else True,
            compression=None,  # audio does not shrink, and the service offers no extension
            open_timeout=endpoint.connect_timeout_s,
            close_timeout=_CLOSE_TIMEOUT_S,
            ping_interval=None,  # the recogniser pings: the library closes with a wait
            max_size=_MAX_MESSAGE_BYTES,
            logger=_wire_log,
            create_connection=kind,
        )
        return cast("SpeechSocket", socket)
    except InvalidStatus as error:
        answer = error.response
        raise refusal(
            answer.status_code,
            answer.reason_phrase,
            answer.body,
            service=endpoint.url,
            headers=headers,
            retry_after=answer.headers.get("Retry-After"),
        ) from error
    except TimeoutError as error:
        reason = f"no connection within {endpoint.connect_timeout_s:g} s"
        raise SpeechUnavailable(reason, service=endpoint.url, has_waited=True) from error
    except (OSError, WebSocketException, ImportError) as error:
        # ImportError: the environment names a SOCKS proxy, and its library is not installed.
        raise SpeechUnavailable(f"cannot connect: {error}", service=endpoint.url) from error


def closed_error(closed: ConnectionClosed, endpoint: Endpoint) -> SpeechError:
    """Return the error for a socket that closed while an answer was awaited."""
    if closed.rcvd is None:
        return SpeechUnavailable("the connection broke", service=endpoint.url)
    reason = f"the service closed the socket: {closed.rcvd.code} {closed.rcvd.reason}".rstrip()
    return SpeechUnavailable(reason, service=endpoint.url)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS context; loading the certificates takes about 20 ms, once."""
    return ssl.create_default_context()
