"""A synthesis socket: one text, its audio as it is made, END. Asyncio shell.

The voice works in a thread and is not paced: audio goes out as fast as the client reads. A long
text is spoken piece by piece, each after the one before was sent, so that it costs neither much
memory nor other callers' time. The voice stops when the client closes its socket.

Source: ``sis-protocol.md`` 7 (RTTS) and 9.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import WSMsgType

from ivr_agi.audio.frames import SAMPLE_BYTES
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndResponse,
    FatalErrorResponse,
    StartResponse,
    SubtitleResponse,
)
from ivr_agi.sis.wire.ssml import is_ssml
from ivr_agi.sis.wire.texts import split_text
from ivr_agi.speech_server.engines.base import SpeechRequest
from ivr_agi.speech_server.requests import BadRequest, read_synthesis_request, speaker
from ivr_agi.speech_server.speaking import SpeakingSocket
from ivr_agi.speech_server.subtitles import Subtitles
from ivr_agi.speech_server.wire_audio import SpeechEncoder

if TYPE_CHECKING:
    from aiohttp import web

    from ivr_agi.sis.wire.messages import SubtitleInfo, SynthesisStartRequest
    from ivr_agi.speech_server.speaking import SynthesisService

__all__ = ("SynthesisSocket",)

_log = logging.getLogger("ivr_agi.speech_server")

PIECE_CHARACTERS = 300
"""Characters that a voice gets at once: a few sentences, made in about 20 ms (``engines.md`` 2)."""


class SynthesisSocket(SpeakingSocket):
    """One socket from upgrade to close: one text."""

    def __init__(self, ws: web.WebSocketResponse, service: SynthesisService) -> None:
        super().__init__(ws, service)
        self._speaking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve the socket until the client closes it, or leaves it unused for too long."""
        try:
            while (message := await self._receive()) is not None:
                if self._speaking is not None:
                    await self.refuse("SIS.0418", "this connection already had its START")
                    continue
                start = await self._accept(message)
                if start is not None:
                    await self.send(StartResponse(trace_id=self.trace_id))
                    self._speaking = asyncio.create_task(self._serve(start))
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
        """Return the next text message; None: close the socket. Ignores audio from the client."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.service.idle_timeout_s
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    message = await self.ws.receive()
            except TimeoutError:
                if self._speaking is not None and not self._speaking.done():
                    await asyncio.wait([self._speaking], timeout=self.service.idle_timeout_s)
                    deadline = loop.time() + self.service.idle_timeout_s
                    continue  # a client that receives audio need not send anything
                code = "SIS.0416" if self._speaking is None else "SIS.0304"
                error = FatalErrorResponse(
                    trace_id=self.trace_id, error_code=code, error_msg="wait text timeout"
                )
                await self.send(error)
                return None
            if message.type is WSMsgType.TEXT:
                return str(message.data)
            if message.type is not WSMsgType.BINARY:
                return None

    async def _accept(self, text: str) -> tuple[SynthesisStartRequest, SpeechRequest] | None:
        try:
            start = read_synthesis_request(text)
            self.service.imitation.check_voice(start.config)
        except BadRequest as error:
            await self.refuse(error.code, error.text)
            return None
        who = speaker(start.config.property)
        if who is None:
            await self.refuse("SIS.0411", "'property' is invalid: there is no such voice")
        elif await self.take_slot():
            style = start.config
            return start, SpeechRequest(
                who.language, who.name, style.speed, style.pitch, style.volume
            )
        return None

    async def _serve(self, accepted: tuple[SynthesisStartRequest, SpeechRequest]) -> None:
        try:
            await self._speak(*accepted)
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

    async def _speak(self, start: SynthesisStartRequest, request: SpeechRequest) -> None:
        voice = self.service.voice
        config = start.config
        encoder = SpeechEncoder(
            config.audio_format, voice_rate_hz=voice.rate_hz, rate_hz=config.sample_rate
        )
        subtitles = Subtitles(config.subtitle) if config.subtitle else None
        n_samples = 0
        whole = is_ssml(start.text)
        for text in [start.text] if whole else split_text(start.text, PIECE_CHARACTERS):
            offset_ms = n_samples * 1000 // voice.rate_hz
            async for made in self.make(text, request):
                if isinstance(made, bytes):
                    n_samples += len(made) // SAMPLE_BYTES
                    await self.send_audio(encoder.encode(made))
                elif subtitles is not None:
                    await self._send_subtitle(subtitles.receive(made, offset_ms))
        await self.send_audio(encoder.encode(b"", last=True))
        if subtitles is not None:
            await self._send_subtitle(subtitles.finish(n_samples * 1000 // voice.rate_hz))

    async def _send_subtitle(self, info: SubtitleInfo | None) -> None:
        if info is not None:
            await self.send(SubtitleResponse(trace_id=self.trace_id, result=[info]))
