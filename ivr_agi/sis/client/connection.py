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
from ivr_agi.sis.access.identity import identified
from ivr_agi.sis.access.signing import HttpRequest
from ivr_agi.sis.wire.remedies import refusal

if TYPE_CHECKING:
    from ivr_agi.sis.access.endpoint import Endpoint

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


async def open_socket(endpoint: Endpoint, path: str) -> ClientConnection:
    """Connect and upgrade.

    Args:
        endpoint: Where and as whom.
        path: The API, e.g. ``rasr/sentence-stream``.

    Raises:
        SpeechUnavailable: Nobody answers, or not in ``connect_timeout_s``, or not in WebSocket.
        SpeechRejected: An HTTP status other than 101, or too many of them for our credentials.

    Cancellation: safe, the socket is closed.
    """
    request = HttpRequest("GET", endpoint.host, endpoint.api_path(path))
    return await identified(endpoint, request, lambda headers: _open(endpoint, path, headers))


async def _open(endpoint: Endpoint, path: str, headers: dict[str, str]) -> ClientConnection:
    try:
        return await _Connect(
            endpoint.socket_url(path),
            additional_headers=headers,
            ssl=tls_context() if endpoint.url.startswith("wss:") else None,
            proxy=None if endpoint.is_loopback else True,
            compression=None,  # audio does not shrink, and the service offers no extension
            open_timeout=endpoint.connect_timeout_s,
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
            service=endpoint.url,
            headers=headers,
        ) from error
    except TimeoutError as error:
        reason = f"no connection within {endpoint.connect_timeout_s:g} s"
        raise SpeechUnavailable(reason, service=endpoint.url) from error
    except (OSError, WebSocketException, ImportError) as error:
        # ImportError: the environment names a SOCKS proxy, and its library is not installed.
        raise SpeechUnavailable(f"cannot connect: {error}", service=endpoint.url) from error


def closed_error(closed: ConnectionClosed, endpoint: Endpoint) -> SpeechError:
    """The error for a socket that ended while an answer was awaited."""
    if closed.rcvd is None:
        return SpeechUnavailable("the connection broke", service=endpoint.url)
    reason = f"the service closed the socket: {closed.rcvd.code} {closed.rcvd.reason}".rstrip()
    return SpeechUnavailable(reason, service=endpoint.url)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS settings; loading the certificates takes some 20 ms, once."""
    return ssl.create_default_context()
