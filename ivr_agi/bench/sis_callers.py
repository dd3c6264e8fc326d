"""Callers that load a speech server in real time: some silent, some who talk. Asyncio shell.

They speak the protocol directly, without our client's machinery, and measure from outside: a ping
behind each chunk is answered when the server has worked off the chunk, so its time is how far the
server is behind.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivr_agi.bench.signals import line_noise, onset_s
from ivr_agi.sis.client.connection import open_socket
from ivr_agi.sis.wire.messages import EndRequest, RecognitionConfig, RecognitionStartRequest, encode

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from ivr_agi.sis.access.endpoint import Endpoint

__all__ = ("Measured", "keep_talking", "stay_silent")

CHUNK_MS = 40
_CHUNK_BYTES = 16 * CHUNK_MS
PING_EVERY = 5
"""Chunks."""
LEAD_MS = 300


@dataclass
class Measured:
    """What the callers found, in milliseconds."""

    lag: list[float] = field(default_factory=list)
    """A chunk sent until the server has worked it off."""
    onset_to_voice_start: list[float] = field(default_factory=list)
    """The first sound of the voice until VOICE_START has come."""
    tail_to_result: list[float] = field(default_factory=list)
    """The last chunk that the sentence's end needs until its words have come."""
    right: int = 0
    """Sentences understood."""
    wrong: int = 0


async def stay_silent(
    endpoint: Endpoint, config: RecognitionConfig, until: float, found: Measured
) -> None:
    """Stream silence in one long session."""
    async with await open_socket(endpoint, "rasr/continue-stream") as socket:
        await _start(socket, config)
        pcm = line_noise(10 * CHUNK_MS)
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            number = 0
            while time.monotonic() < until:
                number += 1
                await _sleep_until(began + number * CHUNK_MS / 1000)
                at = number % 10 * _CHUNK_BYTES
                await socket.send(pcm[at : at + _CHUNK_BYTES])
                if number % PING_EVERY == 0:
                    tasks.create_task(_measure_lag(socket, found))
        await socket.send(encode(EndRequest(cancel=True)))


async def _measure_lag(socket: ClientConnection, found: Measured) -> None:
    asked = time.monotonic()
    await (await socket.ping())
    found.lag.append(1000 * (time.monotonic() - asked))


async def keep_talking(
    endpoint: Endpoint,
    config: RecognitionConfig,
    phrase: str,
    speech: bytes,
    until: float,
    found: Measured,
) -> None:
    """Say a phrase again and again, a session each.

    Args:
        endpoint: Where.
        config: With a table that has the phrase on it.
        phrase: As the table spells it.
        speech: s16le mono 8 kHz.
        until: No session begins after (monotonic).
        found: Is filled.
    """
    pcm = line_noise(LEAD_MS) + speech + line_noise(5000)
    voice_s = LEAD_MS / 1000 + onset_s(speech)
    async with await open_socket(endpoint, "rasr/sentence-stream") as socket:
        while time.monotonic() < until:
            await _start(socket, config)
            began = time.monotonic()
            sending = asyncio.create_task(_send(socket, pcm, began))
            try:
                await _listen(socket, phrase, began, voice_s, found)
            finally:
                sending.cancel()
                await asyncio.wait([sending])
            await socket.send(encode(EndRequest()))
            while (await _receive(socket))["resp_type"] != "END":
                pass


async def _listen(
    socket: ClientConnection, phrase: str, began: float, voice_s: float, found: Measured
) -> None:
    """Until the sentence is over."""
    words, words_at = "", 0.0
    while True:
        message = await _receive(socket)
        now = time.monotonic() - began
        if message["resp_type"] == "RESULT":
            words, words_at = message["segments"][0]["result"]["text"], now
        event = message.get("event")
        if event == "VOICE_START":
            found.onset_to_voice_start.append(1000 * (now - voice_s))
        elif event is not None:
            if words:
                # Silence can only be known to have lasted when the chunk with its end was sent.
                tail_ms = -(-message["timestamp"] // CHUNK_MS) * CHUNK_MS
                found.tail_to_result.append(1000 * words_at - tail_ms)
            found.right += words == phrase
            found.wrong += words != phrase
            return


async def _send(socket: ClientConnection, pcm: bytes, began: float) -> None:
    for number, at in enumerate(range(0, len(pcm), _CHUNK_BYTES), 1):
        await _sleep_until(began + number * CHUNK_MS / 1000)
        await socket.send(pcm[at : at + _CHUNK_BYTES])


async def _start(socket: ClientConnection, config: RecognitionConfig) -> None:
    await socket.send(encode(RecognitionStartRequest(config)))
    answer = await _receive(socket)
    if answer["resp_type"] != "START":
        raise RuntimeError(f"START was answered by {answer}")


async def _receive(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await socket.recv())
    return message


async def _sleep_until(when: float) -> None:
    await asyncio.sleep(max(0.0, when - time.monotonic()))
