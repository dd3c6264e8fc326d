"""Messages on a real WebSocket, and on one that has closed."""

from __future__ import annotations

import pytest
from websockets.asyncio.server import ServerConnection, serve

from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client.connection import open_socket
from ivr_agi.sis.client.transport import WebSocket

pytestmark = pytest.mark.virtual_time


async def test_messages_arrive_in_order() -> None:
    """Text as text and audio as bytes, written before ``write`` returns."""
    received: list[str | bytes] = []

    async def hear(socket: ServerConnection) -> None:
        received.extend([message async for message in socket])

    async with serve(hear, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        endpoint = Endpoint(url=f"ws://127.0.0.1:{port}", project_id="p")
        transport = WebSocket(await open_socket(endpoint, "rasr/sentence-stream"))
        assert transport.write(['{"command": "START"}', b"\1" * 640, b"\2" * 70_000, "嗯"]) == 0
        await (await transport.ping())
        await transport.close()
    assert received == ['{"command": "START"}', b"\1" * 640, b"\2" * 70_000, "嗯"]
    assert transport.write([b"\3" * 640]) == 0


async def test_what_nobody_reads_is_told() -> None:
    """Once the kernel takes no more; and closing at once may be done twice."""

    async def sleep(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await socket.wait_closed()

    async with serve(sleep, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        endpoint = Endpoint(url=f"ws://127.0.0.1:{port}", project_id="p")
        transport = WebSocket(await open_socket(endpoint, "rasr/sentence-stream"))
        written = 0
        while not (waiting_bytes := transport.write([bytes(1 << 20)])):
            written += 1
            if written > 64:
                pytest.fail("the kernel takes 64 MB")
        assert 0 < waiting_bytes <= (1 << 20) + 14
        transport.abort()
        transport.abort()
