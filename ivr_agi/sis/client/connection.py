"""Opens a WebSocket to the speech service, and names what can go wrong with it.

Shell over ``websockets``; used by :mod:`ivr_agi.sis.client.recognizer`.

Source: ``sis-protocol.md`` 3 (handshake) and 12.2 (HTTP errors before the upgrade).
"""

from __future__ import annotations

import functools
import logging
import ssl
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from ivr_agi.errors import SpeechError, SpeechUnavailable
from ivr_agi.sis.access.identity import HttpRequest, identified
from ivr_agi.sis.wire.remedies import refusal

if TYPE_CHECKING:
    from ivr_agi.sis.access.endpoint import Service

__all__ = ("closed_error", "open_socket", "tls_context")

# At DEBUG the library logs the handshake with our token, and every frame with the caller's words.
_wire_log = logging.getLogger("ivr_agi.sis.client.framing")
_wire_log.setLevel(logging.INFO)

_CLOSE_TIMEOUT_S = 1.0
"""For the closing handshake; nobody waits for its outcome."""
_MAX_MESSAGE_BYTES = 4 * 2**20
"""Of one frame that comes in; two minutes of 16 kHz audio, far above what services send."""


class _Connect(connect):
    """Follows no redirect: the token in its header is for the configured host only."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_socket(service: Service, path: str) -> ClientConnection:
    """Connect and upgrade.

    Args:
        service: Where and as whom.
        path: The API, e.g. ``rasr/sentence-stream``.

    Raises:
        SpeechUnavailable: Nobody answers, or not in ``connect_timeout_s``, or not in WebSocket.
        SpeechRejected: An HTTP status other than 101, or too many of them for our credentials.

    Cancellation: safe, the socket is closed.
    """
    request = HttpRequest("GET", service.host, service.api_path(path))
    return await identified(service, request, lambda headers: _open(service, path, headers))


async def _open(service: Service, path: str, headers: dict[str, str]) -> ClientConnection:
    try:
        return await _Connect(
            service.socket_url(path),
            additional_headers=headers,
            ssl=tls_context() if service.url.startswith("wss:") else None,
            proxy=None if service.is_loopback else True,
            compression=None,  # audio does not shrink, and the service offers no extension
            open_timeout=service.connect_timeout_s,
            close_timeout=_CLOSE_TIMEOUT_S,
            ping_interval=None,  # who keeps the socket pings: the library's way ends in a wait
            max_size=_MAX_MESSAGE_BYTES,
            logger=_wire_log,
        )
    except InvalidStatus as error:
        answer = error.response
        raise refusal(
            answer.status_code,
            answer.reason_phrase,
            answer.body,
            service=service.url,
            headers=headers,
        ) from error
    except TimeoutError as error:
        reason = f"no connection within {service.connect_timeout_s:g} s"
        raise SpeechUnavailable(reason, service=service.url) from error
    except (OSError, WebSocketException, ImportError) as error:
        # ImportError: the environment names a SOCKS proxy, and its library is not installed.
        raise SpeechUnavailable(f"cannot connect: {error}", service=service.url) from error


def closed_error(closed: ConnectionClosed, service: Service) -> SpeechError:
    """The error for a socket that ended while an answer was awaited."""
    if closed.rcvd is None:
        return SpeechUnavailable("the connection broke", service=service.url)
    reason = f"the service closed the socket: {closed.rcvd.code} {closed.rcvd.reason}".rstrip()
    return SpeechUnavailable(reason, service=service.url)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS settings; loading the certificates takes some 20 ms, once."""
    return ssl.create_default_context()
