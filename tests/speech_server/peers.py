"""A client that speaks the protocol from the document only."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.patience import PATIENCE_S

CONFIG = {"audio_format": "pcm8k16bit", "property": "english_8k_common", "vad_tail": 200}


class Peer:
    """A client's end of one socket: JSON out and in, nothing else."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws
        self.audio = b""
        self.frames: list[int] = []

    async def send(self, **message: object) -> None:
        """Send a control message."""
        await self.ws.send_str(json.dumps(message))

    async def start(self, **config: object) -> dict[str, Any]:
        """START with the usual config and these changes; gives the answer."""
        await self.send(command="START", config={**CONFIG, **config})
        return await self.receive()

    async def say(self, *pieces: bytes, chunk: int = 640) -> None:
        """Send audio in chunks."""
        pcm = b"".join(pieces)
        for at in range(0, len(pcm), chunk):
            await self.ws.send_bytes(pcm[at : at + chunk])

    async def receive(self) -> dict[str, Any]:
        """The next control message; binary frames before it are collected in ``audio``."""
        while True:
            message = await self.ws.receive(timeout=PATIENCE_S)
            if message.type is WSMsgType.BINARY:
                self.audio += message.data
                self.frames.append(len(message.data))
                continue
            if message.type is not WSMsgType.TEXT:
                return {"resp_type": "closed", "code": self.ws.close_code}
            answer: dict[str, Any] = json.loads(message.data)
            assert answer["trace_id"]  # always (sis-protocol.md 8 row 13)
            return answer

    async def names(self, count: int) -> list[str]:
        """The next messages, each in one word: event, END reason, error code or type."""
        return [name(await self.receive()) for _ in range(count)]


def name(answer: dict[str, Any]) -> str:
    """A message in one word."""
    kind: str = answer["resp_type"]
    if kind == "RESULT":
        segment = answer["segments"][0]
        return f"{'final' if segment['is_final'] else 'interim'} {segment['result']['text']}"
    detail = answer.get("event") or answer.get("reason") or answer.get("error_code")
    return f"{kind} {detail}" if kind in ("END", "ERROR", "FATAL_ERROR") else detail or kind


async def make_table(
    session: ClientSession, url: str, *phrases: str, language: str = "chinese_mandarin"
) -> str:
    """Make a hot-word table; gives its id."""
    body = {"name": "t", "language": language, "contents": list(phrases)}
    async with session.post(f"{rest(url)}/v1/p/asr/vocabularies", json=body) as answer:
        identifier: str = (await answer.json())["vocabulary_id"]
        return identifier


def rest(url: str) -> str:
    """The http form of a ws URL."""
    return "http" + url.removeprefix("ws")
