"""What sockets of synthesis have in common: a voice in a thread, audio, refusals. Asyncio shell.

The voice is not paced: audio goes out as fast as the client reads. It stops when the client closes
its socket.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.sis.wire.messages import EndReason, EndResponse, ErrorResponse, encode
from ivr_agi.speech_server.imitation import Imitation
from ivr_agi.speech_server.site import MAX_AUDIO_MESSAGE_BYTES, SEND_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from concurrent.futures import Executor

    import msgspec
    from aiohttp import web

    from ivr_agi.speech_server.engines.base import Mark, SpeechRequest, Voice
    from ivr_agi.speech_server.gate import Slots

__all__ = ("SpeakingSocket", "SynthesisService")


@dataclass(frozen=True)
class SynthesisService:
    """What all synthesis sockets of a server share."""

    voice: Voice
    executor: Executor
    slots: Slots
    idle_timeout_s: float
    imitation: Imitation = Imitation()
    """The region that it behaves like."""


class SpeakingSocket:
    """One socket from upgrade to close.

    Args:
        ws: The socket, already upgraded.
        service: What all sockets share.
    """

    def __init__(self, ws: web.WebSocketResponse, service: SynthesisService) -> None:
        self.ws = ws
        self.service = service
        self.trace_id = str(uuid.uuid4())
        self.stopped = False
        """The client is gone: the voice need not go on."""
        self._has_slot = False

    async def take_slot(self) -> bool:
        """Count a synthesis in; refuse it if there are too many."""
        if not self.service.slots.take():
            await self.refuse("SIS.0312", "too many syntheses at once")
            return False
        self._has_slot = True
        return True

    def release_slot(self) -> None:
        """Count the synthesis out."""
        if self._has_slot:
            self._has_slot = False
            self.service.slots.release()

    async def make(self, text: str, request: SpeechRequest) -> AsyncIterator[bytes | Mark]:
        """Yield the voice's audio as it is made (s16le mono at its rate), and its marks."""
        loop = asyncio.get_running_loop()
        made: asyncio.Queue[bytes | Mark | None] = asyncio.Queue()  # at most one piece of text

        def put(item: bytes | Mark | None) -> bool:
            loop.call_soon_threadsafe(made.put_nowait, item)
            return not self.stopped

        def speak() -> None:
            try:
                self.service.voice.speak(text, request, put, put)
            finally:
                put(None)

        making = loop.run_in_executor(self.service.executor, speak)
        while (item := await made.get()) is not None:
            yield item
        await making

    async def send_audio(self, data: bytes) -> None:
        """Send audio in messages as long as the vendor's."""
        for at in range(0, len(data), MAX_AUDIO_MESSAGE_BYTES):
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self.ws.send_bytes(data[at : at + MAX_AUDIO_MESSAGE_BYTES])

    async def send(self, message: msgspec.Struct) -> None:
        """Send a response."""
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await self.ws.send_str(encode(message))

    async def refuse(self, code: str, text: str) -> None:
        """Send ERROR."""
        await self.send(ErrorResponse(trace_id=self.trace_id, error_code=code, error_msg=text))

    async def fail(self, code: str, text: str) -> None:
        """Send ERROR, and END: a synthesis that had begun is over."""
        await self.refuse(code, text)
        await self.send(EndResponse(trace_id=self.trace_id, reason=EndReason.ERROR))
