"""Listens on a speech server's address, and closes its sockets at the end. A shell on aiohttp."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, web

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Collection

__all__ = ("CLOSE_TIMEOUT_S", "MAX_AUDIO_MESSAGE_BYTES", "SEND_TIMEOUT_S", "open_site")

CLOSE_TIMEOUT_S = 1.0
"""Seconds to wait for the client's half of a closing handshake."""
SEND_TIMEOUT_S = 20.0
"""Seconds for a client to take a message; after that its socket is cut."""
MAX_AUDIO_MESSAGE_BYTES = 4000
"""Longest binary message of a synthesis, as with the vendor."""
MOST_HEADER_BYTES = 32 * 1024
"""Longest header: real tokens have several kB (``sis-protocol.md`` 2.1)."""


@asynccontextmanager
async def open_site(
    app: web.Application,
    host: str,
    port: int,
    *,
    tls: ssl.SSLContext | None,
    sockets: Collection[web.WebSocketResponse],
) -> AsyncIterator[int]:
    """Listen; at the end close all ``sockets`` with a handshake.

    Args:
        app: Answers the requests.
        host: Address to listen on.
        port: Port to listen on; 0 picks a free one.
        tls: For ``wss`` and ``https``.
        sockets: The server's open sockets.

    Yields:
        The port.

    Raises:
        ConfigError: The address cannot be used.
    """

    async def close_sockets(_app: web.Application) -> None:
        closing = [ws.close(code=WSCloseCode.GOING_AWAY) for ws in list(sockets)]
        await asyncio.gather(*closing, return_exceptions=True)

    app.on_shutdown.append(close_sockets)
    runner = web.AppRunner(
        app,
        access_log=None,
        max_line_size=MOST_HEADER_BYTES,
        max_field_size=MOST_HEADER_BYTES,
        shutdown_timeout=CLOSE_TIMEOUT_S,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port, ssl_context=tls).start()
        except OSError as error:
            reason = f"cannot listen on {host} port {port}: {error.strerror}"
            raise ConfigError(reason) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
