"""An HTTP service that answers as the path of a request says: ``/drip_body?call=700001``.

Run as ``python -m tests.chaos.web PORT FILE``: each request that begins is a line of FILE, with the
caller's number and when (monotonic seconds).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

Answer = Callable[[StreamWriter], Awaitable[None]]
FOREVER_S = 10_000.0


def answer(body: bytes | str, status: str = "200 OK", headers: str = "") -> Answer:
    """Answer in good order."""
    data = body.encode() if isinstance(body, str) else body

    async def act(writer: StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n{headers}\r\n"
        writer.write(head.encode() + data)
        await writer.drain()

    return act


def raw(data: bytes, *, stays: bool = False) -> Answer:
    """Send bytes as they are; then stay there, or go."""

    async def act(writer: StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if stays:
            await asyncio.sleep(FOREVER_S)

    return act


def drip(head: bytes, drop: bytes, every_s: float = 0.5) -> Answer:
    """Send a beginning, and then drop by drop."""

    async def act(writer: StreamWriter) -> None:
        writer.write(head)
        while True:
            await asyncio.sleep(every_s)
            writer.write(drop)
            await writer.drain()

    return act


async def hang(writer: StreamWriter) -> None:
    """Say nothing."""
    await asyncio.sleep(FOREVER_S)


async def reset(writer: StreamWriter) -> None:
    """Reset the connection."""
    writer.transport.abort()


async def pour(writer: StreamWriter) -> None:
    """A body without end, as fast as it goes."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"[1," * 20_000)
        await writer.drain()


async def serve(port: int, log: Path, answers: Mapping[str, Answer]) -> None:
    """Serve until killed."""
    with log.open("ab", buffering=0) as file:

        async def handle(reader: StreamReader, writer: StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                url = urlsplit(head.split(" ")[1])
                number = parse_qs(url.query).get("call", [""])[0]
                line = json.dumps({"number": number, "at_s": time.monotonic()})
                file.write(line.encode() + b"\n")
                await answers[url.path.strip("/")](writer)
            writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", port)
        found = server.sockets[0].getsockname()[1]
        sys.stdout.write(f"listening on http://127.0.0.1:{found}\n")
        sys.stdout.flush()
        await server.serve_forever()


if __name__ == "__main__":
    from tests.chaos.table import WEB

    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), {row.name: row.how for row in WEB}))
