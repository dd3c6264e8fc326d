"""A socket of streaming synthesis: text in pieces, each sentence spoken as it is complete.

Asyncio shell. Source: ``sis-protocol.md`` 16; the vendor's pages sis_03_0158, 0161, 0162 and 0172.
Codes that they do not name are those of RTTS.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import WSMsgType

from ivr_agi.catalogue import STREAMING_CHARACTERS, STREAMING_TEXT, vendor_voice
from ivr_agi.errors import ConfigError, SpeechProtocolError
from ivr_agi.sis.wire.messages import EndReason, EndResponse, FatalErrorResponse, StartResponse
from ivr_agi.sis.wire.streaming import (
    StreamingEnd,
    StreamingStart,
    StreamingText,
    decode_streaming_request,
)
from ivr_agi.sis.wire.texts import SentenceGatherer
from ivr_agi.speech_server.engines.base import SpeechRequest
from ivr_agi.speech_server.requests import SYNTHESIS_CODES, engine_language
from ivr_agi.speech_server.speaking import SpeakingSocket
from ivr_agi.speech_server.wire_audio import SpeechEncoder

if TYPE_CHECKING:
    from aiohttp import web

    from ivr_agi.speech_server.speaking import SynthesisService

__all__ = ("StreamingSocket",)

_log = logging.getLogger("ivr_agi.speech_server")

_CODES = {**SYNTHESIS_CODES, "voice_name": "SIS.0411"}


class StreamingSocket(SpeakingSocket):
    """One socket from upgrade to close: START, texts, END."""

    def __init__(self, ws: web.WebSocketResponse, service: SynthesisService) -> None:
        super().__init__(ws, service)
        self._gatherer = SentenceGatherer(STREAMING_TEXT)
        self._sentences: asyncio.Queue[str | None] = asyncio.Queue()
        self._n_characters = 0
        self._is_complete = False
        self._speaking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve the socket until the client closes it, or leaves it unused for too long."""
        try:
            while (message := await self._receive()) is not None:
                await self._take(message)
        except (ConnectionError, TimeoutError):
            pass  # the client is gone or does not read
        finally:
            self.stopped = True
            if self._speaking is not None:
                self._speaking.cancel()
                await asyncio.wait([self._speaking])
            self.release_slot()
        await self.ws.close()

    async def _receive(self) -> str | None:
        """Return the next text message; None: close the socket."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.service.idle_timeout_s
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    message = await self.ws.receive()
            except TimeoutError:
                if self._is_complete and self._speaking is not None and not self._speaking.done():
                    await asyncio.wait([self._speaking], timeout=self.service.idle_timeout_s)
                    deadline = loop.time() + self.service.idle_timeout_s
                    continue
                code = "SIS.0416" if self._speaking is None else "SIS.0304"
                await self.send(
                    FatalErrorResponse(
                        trace_id=self.trace_id, error_code=code, error_msg="wait text timeout"
                    )
                )
                return None
            if message.type is WSMsgType.TEXT:
                return str(message.data)
            if message.type is not WSMsgType.BINARY:
                return None

    async def _take(self, message: str) -> None:
        try:
            request = decode_streaming_request(message)
        except SpeechProtocolError as error:
            key = error.__cause__.key if isinstance(error.__cause__, ConfigError) else None
            await self._give_up(_CODES.get(key or "", "SIS.0415"), error.reason)
            return
        match request:
            case StreamingStart() if self._speaking is not None:
                await self._give_up("SIS.0418", "this connection already had its START")
            case StreamingStart():
                await self._start(request)
            case _ if self._speaking is None:
                await self.refuse("SIS.0032", "START must be sent first")
            case StreamingText(text=text):
                await self._add(text)
            case StreamingEnd():
                self._finish()

    async def _start(self, start: StreamingStart) -> None:
        config = start.config
        voice = vendor_voice(config.voice_name)
        language = engine_language(voice.language)
        if language is None or config.audio_format != "pcm":
            key = "voice_name" if language is None else "audio_format"
            await self.refuse(_CODES[key], f"{key!r} is not supported here")
            return
        if self.service.imitation.region and not voice.is_streaming:
            await self.refuse("SIS.0411", "'voice_name' is no voice of the large model")
            return
        if not await self.take_slot():
            return
        await self.send(StartResponse(trace_id=self.trace_id))
        request = SpeechRequest(language, voice.name, config.speed, config.pitch, config.volume)
        encoder = SpeechEncoder(
            "pcm", voice_rate_hz=self.service.voice.rate_hz, rate_hz=config.rate_hz
        )
        self._speaking = asyncio.create_task(self._serve(request, encoder))
        if start.text_pieces == "ONLY":
            await self._add(start.text or "")
            self._finish()

    async def _add(self, text: str) -> None:
        self._n_characters += len(text)
        if self._n_characters > STREAMING_CHARACTERS:
            await self._give_up("SIS.0415", f"more than {STREAMING_CHARACTERS} characters")
            return
        for sentence in self._gatherer.feed(text):
            self._sentences.put_nowait(sentence)

    def _finish(self) -> None:
        if self._is_complete:
            return
        self._is_complete = True
        for sentence in self._gatherer.finish():
            self._sentences.put_nowait(sentence)
        self._sentences.put_nowait(None)

    async def _give_up(self, code: str, text: str) -> None:
        """Send ERROR, and END if a stream had begun; what is not spoken yet is dropped."""
        if self._speaking is None:
            await self.refuse(code, text)
            return
        self._speaking.cancel()
        await asyncio.wait([self._speaking])
        self._is_complete = True
        await self.fail(code, text)

    async def _serve(self, request: SpeechRequest, encoder: SpeechEncoder) -> None:
        try:
            while (sentence := await self._sentences.get()) is not None:
                async for made in self.make(sentence, request):
                    if isinstance(made, bytes):
                        await self.send_audio(encoder.encode(made))
            await self.send_audio(encoder.encode(b"", last=True))
            await self.send(EndResponse(trace_id=self.trace_id, reason=EndReason.NORMAL))
        except (ConnectionError, TimeoutError):
            pass  # the client is gone or does not read
        except ValueError as error:
            await self.fail("SIS.0415", f"'text' cannot be spoken: {error}")
        except Exception as error:  # noqa: BLE001  # the outermost frame; a voice is foreign code
            _log.exception("the voice failed, trace %s", self.trace_id)
            await self.fail("SIS.0401", f"synthesis failed: {type(error).__name__}")
        finally:
            self.release_slot()
