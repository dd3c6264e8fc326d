"""A client's end of a socket, from the document only: JSON and bytes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

__all__ = ("Message", "Peer", "quiet", "texts")

Message = dict[str, Any]


class Peer:
    """One connection."""

    def __init__(self, socket: ClientConnection, *, pace: float, patience_s: float) -> None:
        self.socket = socket
        self.audio = bytearray()
        """All binary frames that came."""
        self.messages: list[Message] = []
        """All text frames that came."""
        self._pace = pace
        self._patience_s = patience_s

    async def send(self, **message: object) -> None:
        """Send a control message."""
        await self.socket.send(json.dumps(message))

    async def say(self, audio: bytes, *, bytes_per_s: int = 16_000) -> None:
        """Send audio in frames of 100 ms, at the endpoint's pace; a short rest at the end.

        A service may close in the middle: what it said before can still be received.
        """
        size = bytes_per_s // 10
        with contextlib.suppress(ConnectionClosed):
            for at in range(0, len(audio), size):
                await self.socket.send(audio[at : at + size])
                await asyncio.sleep(0.1 * self._pace)

    async def listen(self, duration_s: float) -> None:
        """Receive for some time, whatever comes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(duration_s):
                while await self.receive() is not None:
                    pass

    async def receive(self) -> Message | None:
        """The next control message; None where the socket is closed. Audio is collected."""
        while True:
            try:
                async with asyncio.timeout(self._patience_s):
                    frame = await self.socket.recv()
            except ConnectionClosed:
                return None
            if isinstance(frame, bytes):
                self.audio += frame
                continue
            message: Message = json.loads(frame)
            assert isinstance(message.get("resp_type"), str), message
            self.messages.append(message)
            return message

    async def until(self, *kinds: str) -> list[Message]:
        """All messages up to the first of these types or events."""
        found: list[Message] = []
        while True:
            message = await self.receive()
            assert message is not None, f"closed after {found} while {kinds} was awaited"
            found.append(message)
            if message["resp_type"] in kinds or message.get("event") in kinds:
                return found

    async def start(self, config: Message) -> Message:
        """START; gives the answer."""
        await self.send(command="START", config=config)
        answer = await self.receive()
        assert answer is not None, "closed after START"
        return answer

    async def end(self, *, cancel: object = False) -> list[Message]:
        """END; gives all that comes up to the answer, which is the last."""
        await self.send(command="END", cancel=cancel)
        return await self.until("END")


def texts(messages: list[Message], *, is_final: bool = True) -> list[str]:
    """Texts of the segments that are final, or of those that are not; empty ones left out."""
    return [
        segment["result"]["text"]
        for message in messages
        if message["resp_type"] == "RESULT"
        for segment in message["segments"]
        if segment["is_final"] == is_final and segment.get("result", {}).get("text")
    ]


def quiet(duration_ms: int) -> bytes:
    """Line noise at -75 dBFS (s16le mono 8 kHz), always the same."""
    noise = random.Random(0)
    samples = (round(noise.gauss(0, 6)) for _ in range(duration_ms * 8))
    return b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)
