"""The environment's proxy, for the WebSocket and for REST: a real one, that tunnels as told."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from ivr_agi.sis.client.connection import open_socket
from ivr_agi.sis.client.vocabularies import list_vocabularies
from tests.sis.fake import Peer, fake_service


@contextlib.asynccontextmanager
async def proxy(port: int) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy whose tunnels all end at a port of this machine; its URL, and what it was asked."""
    asked: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(4096):
                target.write(data)
                await target.drain()
        target.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(" ".join(head.split()[:2]))
        if not head.startswith("CONNECT"):
            body = b'{"count": 0, "result": []}'
            answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            writer.write(answer + body)
            writer.close()
            return
        there, out = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(copy(reader, out), copy(there, writer))

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host elsewhere is reached through it, by WebSocket and REST; this machine is not."""

    async def quiet(peer: Peer) -> None:
        await peer.gone()

    async with (
        fake_service(quiet) as service,
        proxy(urlsplit(service.url).port or 0) as (url, asked),
    ):
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        far = dataclasses.replace(service, url="ws://speech.invalid:8000")
        socket = await open_socket(far, "rtts")
        await socket.close()
        assert asked == ["CONNECT speech.invalid:8000"]
        assert await list_vocabularies(far) == []
        assert asked[1].startswith("GET http://speech.invalid:8000/v1/p1/asr/vocabularies")
        near = await open_socket(service, "rtts")
        await near.close()
        assert len(asked) == 2
