"""A small HTTP server over loopback that answers as a test says, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, list[str]]
    """By lower-case name; all values of each."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass
class Reply:
    """What is answered."""

    status: int = 200
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Web:
    """The server."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextlib.asynccontextmanager
async def web(answer: Callable[[Asked], Reply]) -> AsyncIterator[Web]:
    """Serve HTTP; ``answer`` is called with every request."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers.setdefault(name.lower(), []).append(value.strip())
        n_bytes = int(headers.get("content-length", ["0"])[0])
        method, path, _ = first.split(" ")
        asked = Asked(method, path, headers, await reader.readexactly(n_bytes))
        served.asked.append(asked)
        reply = answer(asked)
        body = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        more = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        phrase = HTTPStatus(reply.status).phrase
        length = f"Content-Length: {len(body.encode())}\r\n"
        writer.write(f"HTTP/1.1 {reply.status} {phrase}\r\n{length}{more}\r\n{body}".encode())
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    served = Web(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield served
    finally:
        server.close()
        await server.wait_closed()
