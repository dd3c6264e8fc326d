"""A synthesis socket: one text, its audio as it is made, END. Asyncio shell.

The voice works in a thread and is not paced: audio goes out as fast as the client reads. A long
text is spoken piece by piece, each after the one before was sent, so that it costs neither much
memory nor other callers' time. The voice stops when the client closes its socket.

Source: ``sis-protocol.md`` 7 (RTTS) and 9.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import WSMsgType

from ivr_agi.audio.frames import SAMPLE_BYTES
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndResponse,
    ErrorResponse,
    FatalErrorResponse,
    StartResponse,
    SubtitleResponse,
    encode,
)
from ivr_agi.sis.wire.ssml import is_ssml
from ivr_agi.sis.wire.texts import split_text
from ivr_agi.speech_server.engines.base import Mark, SpeechRequest
from ivr_agi.speech_server.requests import BadRequest, read_synthesis_request, speaker
from ivr_agi.speech_server.site import MAX_AUDIO_MESSAGE_BYTES, SEND_TIMEOUT_S
from ivr_agi.speech_server.subtitles import Subtitles
from ivr_agi.speech_server.wire_audio import SpeechEncoder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from concurrent.futures import Executor

    import msgspec
    from aiohttp import web

    from ivr_agi.sis.wire.messages import SubtitleInfo, SynthesisStartRequest
    from ivr_agi.speech_server.engines.base import Voice
    from ivr_agi.speech_server.gate import Slots

__all__ = ("SynthesisService", "SynthesisSocket")

_log = logging.getLogger("ivr_agi.speech_server")

PIECE_CHARACTERS = 300
"""Characters that a voice gets at once: a few sentences, made in about 20 ms (``engines.md`` 2)."""


@dataclass(frozen=True)
class SynthesisService:
    """What all synthesis sockets of a server share."""

    voice: Voice
    executor: Executor
    slots: Slots
    idle_timeout_s: float


class SynthesisSocket:
    """One socket from upgrade to close.

    Args:
        ws: The socket, already upgraded.
        service: What all sockets share.
    """

    def __init__(self, ws: web.WebSocketResponse, service: SynthesisService) -> None:
        self._ws = ws
        self._service = service
        self._trace_id = str(uuid.uuid4())
        self._stopped = False
        self._has_slot = False
        self._speaking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve the socket until the client closes it, or leaves it unused for too long."""
        try:
            while (message := await self._receive()) is not None:
                if self._speaking is not None:
                    await self._refuse("SIS.0418", "this connection already had its START")
                    continue
                start = await self._accept(message)
                if start is not None:
                    await self._send(StartResponse(trace_id=self._trace_id))
                    self._speaking = asyncio.create_task(self._serve(start))
        except (ConnectionError, TimeoutError):
            pass  # the client is gone or does not read
        finally:
            self._stopped = True
            if self._speaking is not None:
                self._speaking.cancel()
                await asyncio.wait([self._speaking])
            self._release_slot()
        await self._ws.close()

    async def _receive(self) -> str | None:
        """Return the next text message; None: close the socket. Ignores audio from the client."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._service.idle_timeout_s
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    message = await self._ws.receive()
            except TimeoutError:
                if self._speaking is not None and not self._speaking.done():
                    await asyncio.wait([self._speaking], timeout=self._service.idle_timeout_s)
                    deadline = loop.time() + self._service.idle_timeout_s
                    continue  # a client that receives audio need not send anything
                code = "SIS.0416" if self._speaking is None else "SIS.0304"
                error = FatalErrorResponse(
                    trace_id=self._trace_id, error_code=code, error_msg="wait text timeout"
                )
                await self._send(error)
                return None
            if message.type is WSMsgType.TEXT:
                return str(message.data)
            if message.type is not WSMsgType.BINARY:
                return None

    async def _accept(self, text: str) -> tuple[SynthesisStartRequest, SpeechRequest] | None:
        try:
            start = read_synthesis_request(text)
        except BadRequest as error:
            await self._refuse(error.code, error.text)
            return None
        who = speaker(start.config.property)
        if who is None:
            await self._refuse("SIS.0411", "'property' is invalid: there is no such voice")
        elif not self._service.slots.take():
            await self._refuse("SIS.0312", "too many syntheses at once")
        else:
            self._has_slot = True
            style = start.config
            return start, SpeechRequest(
                who.language, who.name, style.speed, style.pitch, style.volume
            )
        return None

    async def _serve(self, accepted: tuple[SynthesisStartRequest, SpeechRequest]) -> None:
        try:
            await self._speak(*accepted)
            await self._send(EndResponse(trace_id=self._trace_id, reason=EndReason.NORMAL))
        except (ConnectionError, TimeoutError):
            pass  # the client is gone or does not read
        except ValueError as error:
            await self._refuse("SIS.0415", f"'text' cannot be spoken: {error}")
            await self._send(EndResponse(trace_id=self._trace_id, reason=EndReason.ERROR))
        except Exception as error:  # noqa: BLE001  # the outermost frame; a voice is foreign code
            _log.exception("the voice failed, trace %s", self._trace_id)
            await self._refuse("SIS.0401", f"synthesis failed: {type(error).__name__}")
            await self._send(EndResponse(trace_id=self._trace_id, reason=EndReason.ERROR))
        finally:
            self._release_slot()

    def _release_slot(self) -> None:
        if self._has_slot:
            self._has_slot = False
            self._service.slots.release()

    async def _speak(self, start: SynthesisStartRequest, request: SpeechRequest) -> None:
        voice = self._service.voice
        config = start.config
        encoder = SpeechEncoder(
            config.audio_format, voice_rate_hz=voice.rate_hz, rate_hz=config.sample_rate
        )
        subtitles = Subtitles(config.subtitle) if config.subtitle else None
        n_samples = 0
        whole = is_ssml(start.text)
        for text in [start.text] if whole else split_text(start.text, PIECE_CHARACTERS):
            offset_ms = n_samples * 1000 // voice.rate_hz
            async for made in self._make(text, request):
                if isinstance(made, bytes):
                    n_samples += len(made) // SAMPLE_BYTES
                    await self._send_audio(encoder.encode(made))
                elif subtitles is not None:
                    await self._send_subtitle(subtitles.receive(made, offset_ms))
        await self._send_audio(encoder.encode(b"", last=True))
        if subtitles is not None:
            await self._send_subtitle(subtitles.finish(n_samples * 1000 // voice.rate_hz))

    async def _make(self, text: str, request: SpeechRequest) -> AsyncIterator[bytes | Mark]:
        """Yield the voice's audio as it is made (s16le mono at its rate), and its marks."""
        loop = asyncio.get_running_loop()
        made: asyncio.Queue[bytes | Mark | None] = asyncio.Queue()  # at most one piece of text

        def put(item: bytes | Mark | None) -> bool:
            loop.call_soon_threadsafe(made.put_nowait, item)
            return not self._stopped

        def speak() -> None:
            try:
                self._service.voice.speak(text, request, put, put)
            finally:
                put(None)

        making = loop.run_in_executor(self._service.executor, speak)
        while (item := await made.get()) is not None:
            yield item
        await making

    async def _send_subtitle(self, info: SubtitleInfo | None) -> None:
        if info is not None:
            await self._send(SubtitleResponse(trace_id=self._trace_id, result=[info]))

    async def _send_audio(self, data: bytes) -> None:
        for at in range(0, len(data), MAX_AUDIO_MESSAGE_BYTES):
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._ws.send_bytes(data[at : at + MAX_AUDIO_MESSAGE_BYTES])

    async def _send(self, message: msgspec.Struct) -> None:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await self._ws.send_str(encode(message))

    async def _refuse(self, code: str, text: str) -> None:
        await self._send(ErrorResponse(trace_id=self._trace_id, error_code=code, error_msg=text))
