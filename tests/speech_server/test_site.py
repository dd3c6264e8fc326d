"""The address that a speech server listens on, and the end of its sockets."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession, WSCloseCode, web

from ivr_agi.errors import ConfigError
from ivr_agi.speech_server.site import open_site


async def test_sockets_are_closed_in_order() -> None:
    """With a handshake, those that are open when the site ends."""
    sockets: set[web.WebSocketResponse] = set()

    async def answer(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        sockets.add(ws)
        await ws.receive()
        return ws

    app = web.Application()
    app.router.add_get("/", answer)
    async with ClientSession() as http:
        async with open_site(app, "127.0.0.1", 0, tls=None, sockets=sockets) as port:
            client = await http.ws_connect(f"ws://127.0.0.1:{port}/")
        await client.receive()
        assert client.close_code == WSCloseCode.GOING_AWAY


async def test_port_in_use() -> None:
    """One line that names it, and nothing is left open."""
    first = open_site(web.Application(), "127.0.0.1", 0, tls=None, sockets=())
    async with first as port:
        second = open_site(web.Application(), "127.0.0.1", port, tls=None, sockets=())
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1 port {port}"):
            async with second:
                pass
