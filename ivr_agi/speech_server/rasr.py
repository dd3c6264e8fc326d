"""A recognition socket: any number of sessions of one mode, one after the other. Asyncio shell.

Speech detection happens here, in the event loop, as the audio arrives (57 us per 32 ms), so that
VOICE_START never waits for a decoder. :mod:`ivr_agi.speech_server.session` decides what to send.

Source: ``sis-protocol.md`` 4, 7 and 8 (rows 1, 4, 8, 9, 12 to 15).
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import WSMsgType

from ivr_agi.sis.wire.messages import (
    EndReason,
    EndRequest,
    EndResponse,
    ErrorResponse,
    FatalErrorResponse,
    RecognitionConfig,
    StartResponse,
    encode,
)
from ivr_agi.speech_server.engines.base import RecognitionRequest
from ivr_agi.speech_server.imitation import Imitation
from ivr_agi.speech_server.modes import ContinuousSession, SentenceSession, ShortSession
from ivr_agi.speech_server.pool import NoWorker, Overloaded
from ivr_agi.speech_server.requests import BadRequest, read_recognition_request, recognition_model
from ivr_agi.speech_server.rows import is_row
from ivr_agi.speech_server.session import (
    BeginUtterance,
    CloseUtterance,
    FeedUtterance,
    FinishUtterance,
    SessionSetup,
    SessionState,
)
from ivr_agi.speech_server.site import SEND_TIMEOUT_S
from ivr_agi.speech_server.wire_audio import SpeechDecoder, wire_rate_hz

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msgspec
    from aiohttp import web

    from ivr_agi.speech_server.engines.base import Hypothesis, Vad
    from ivr_agi.speech_server.gate import Slots
    from ivr_agi.speech_server.pool import RemoteUtterance, WorkerPool
    from ivr_agi.speech_server.session import Output, Session
    from ivr_agi.speech_server.vocabularies import VocabularyStore

__all__ = ("MODES", "RecognitionService", "RecognitionSocket")

_log = logging.getLogger("ivr_agi.speech_server")

MOST_WAITING_MESSAGES = 1000
"""Messages waiting for a client that does not read; with more, the socket is cut."""
MOST_AGE_S = 5 * 3600
"""Seconds after which a socket is closed (6, 7)."""
MODES: Mapping[str, type[Session]] = {
    kind.MODE: kind for kind in (ShortSession, SentenceSession, ContinuousSession)
}
"""Kinds of session by the last part of the path (``sis-protocol.md`` 1)."""
MOST_CHUNK_BYTES = {8000: 32768, 16000: 65536}
"""Longest binary message by rate (4.1). Short ones are accepted (8, row 8)."""


@dataclass(frozen=True)
class RecognitionService:
    """What all recognition sockets of a server share."""

    vad: Vad
    pool: WorkerPool
    vocabularies: VocabularyStore
    slots: Slots
    min_score: float
    idle_timeout_s: float
    imitation: Imitation = Imitation()
    """The region that it behaves like."""


class RecognitionSocket:
    """One socket from upgrade to close.

    Args:
        ws: The socket, already upgraded.
        transport: Its transport, to cut off a client that does not read.
        service: What all sockets share.
        session_type: The kind of session, by the path.
    """

    def __init__(
        self,
        ws: web.WebSocketResponse,
        transport: asyncio.Transport,
        service: RecognitionService,
        session_type: type[Session],
    ) -> None:
        self._session_type = session_type
        self._ws = ws
        self._transport = transport
        self._service = service
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._session: Session | None = None
        self._utterance: RemoteUtterance | None = None
        self._decoder = SpeechDecoder("pcm8k16bit")
        self._rate_hz = self._most_chunk_bytes = 0
        self._had_short_chunk = False
        """The message before had less audio than the cloud takes, except at the end."""

    async def run(self) -> None:
        """Serve the socket until the client closes it or sends nothing for too long."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write())
            try:
                await self._read()
            finally:
                self._drop_session()
                self._outbox.put_nowait(None)
        await self._ws.close()

    # --- The socket ---

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        too_old_at = loop.time() + MOST_AGE_S
        while loop.time() < too_old_at:
            try:
                idle_at = loop.time() + self._service.idle_timeout_s
                async with asyncio.timeout_at(min(idle_at, too_old_at)):
                    message = await self._ws.receive()  # it answers pings itself: they do not count
            except TimeoutError:
                if loop.time() >= too_old_at:
                    return
                if self._session is not None and self._session.state is SessionState.DRAINING:
                    continue  # the client waits for us: the deadline is the pool's
                text = f"no data was received for {self._service.idle_timeout_s:g} s"
                trace_id = self._session.trace_id if self._session else _new_trace_id()
                self._send(
                    FatalErrorResponse(trace_id=trace_id, error_code="SIS.0304", error_msg=text)
                )
                return
            if message.type is WSMsgType.BINARY:
                self._receive_audio(message.data)
            elif message.type is WSMsgType.TEXT:
                self._receive_text(message.data)
            else:
                return

    async def _write(self) -> None:
        try:
            while (text := await self._outbox.get()) is not None:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self._ws.send_str(text)
        except TimeoutError:
            self._transport.abort()
        except ConnectionError:
            pass  # the reader notices, too

    def _send(self, message: msgspec.Struct) -> None:
        if self._outbox.qsize() >= MOST_WAITING_MESSAGES:
            trace_id = self._session.trace_id if self._session else None
            _log.warning("a client does not read its results: cutting it off, trace %s", trace_id)
            self._transport.abort()
            return
        _log.debug("> %s", type(message).__name__)  # a caller's words do not belong in logs
        self._outbox.put_nowait(encode(message))

    # --- What the client says ---

    def _receive_text(self, text: str) -> None:
        try:
            request = read_recognition_request(text, self._service.imitation.check_start)
        except BadRequest as error:
            self._fail(error.code, error.text)
            return
        if isinstance(request, EndRequest):
            if self._session is None:
                # An ERROR would make the vendor's client unusable (8, row 4).
                self._send(EndResponse(trace_id=_new_trace_id(), reason=EndReason.NORMAL))
            else:
                self._carry_out(self._session.receive_end(cancel=request.cancel))
        elif self._session is not None:
            self._fail("SIS.0032", "START must not be sent again before END")
        else:
            try:
                self._start(request.config)
            except BadRequest as error:
                self._fail(error.code, error.text)

    def _start(self, config: RecognitionConfig) -> None:
        model = recognition_model(config.property)
        if model is None:
            raise BadRequest("SIS.0031", f"'property' {config.property!r} is not supported here")
        if wire_rate_hz(config.audio_format) != model.rate_hz:
            raise BadRequest("SIS.0301", "audio_format is not match model")
        phrases, imitation = None, self._service.imitation
        if config.vocabulary_id is not None:
            table = self._service.vocabularies.get(config.vocabulary_id)
            if table is None:
                raise BadRequest("SIS.0201", "the hot-word table of 'vocabulary_id' does not exist")
            phrases = imitation.phrases(table, config.property)
        row = imitation.splits_phrases(config.property) or is_row(phrases or ())
        if not self._service.slots.take():
            raise BadRequest("SIS.0312", "too many sessions at once")
        try:
            self._utterance = self._service.pool.open(
                RecognitionRequest(model.language, phrases, row and phrases is not None),
                self,
                interim=config.interim_results == "yes",
            )
        except (NoWorker, Overloaded) as error:
            self._service.slots.release()
            code = "SIS.0312" if isinstance(error, Overloaded) else "SIS.0303"
            raise BadRequest(code, error.reason) from error
        self._decoder = SpeechDecoder(config.audio_format)
        self._rate_hz = model.rate_hz
        self._most_chunk_bytes = MOST_CHUNK_BYTES[model.rate_hz]
        self._had_short_chunk = False
        setup = SessionSetup(
            config,
            trace_id=_new_trace_id(),
            window_samples=self._service.vad.window_samples,
            probability=self._service.vad.stream().probability,
            onset=self._service.vad.onset(),
            language=model.language,
            is_free=phrases is None,
            min_score=self._service.min_score,
        )
        self._session = self._session_type(setup)
        self._send(StartResponse(trace_id=self._session.trace_id))

    def _receive_audio(self, data: bytes) -> None:
        if self._session is None:
            return  # ignored until the next START
        if self._had_short_chunk:
            self._fail("SIS.0032", "only the last audio frame may be so short")
            return
        self._had_short_chunk = self._service.imitation.is_too_short(len(data), self._rate_hz)
        if len(data) > self._most_chunk_bytes:
            self._fail("SIS.0032", f"audio frame is longer than {self._most_chunk_bytes} bytes")
            return
        self._carry_out(self._session.receive_audio(self._decoder.decode(data)))

    # --- What the recognizer says (UtteranceOwner); nothing after the utterance is closed ---

    def receive_partial(self, text: str) -> None:
        """Take the words so far."""
        if self._session is not None:
            self._carry_out(self._session.receive_partial(text))

    def receive_final(self, hypothesis: Hypothesis | None) -> None:
        """Take the words, if any."""
        if self._session is not None:
            self._carry_out(self._session.receive_final(hypothesis))

    def receive_refusal(self, reason: str) -> None:
        """The engine cannot do what START asks for."""
        self._fail("SIS.0031", reason)

    def receive_loss(self) -> None:
        """The worker died."""
        self._fail("SIS.0305", "the recognition engine failed")

    # --- Sessions ---

    def _fail(self, code: str, text: str) -> None:
        """Send ERROR, and END if a session is running (4.3)."""
        if self._session is not None:
            self._carry_out(self._session.receive_failure(code, text))
        else:
            self._send(ErrorResponse(trace_id=_new_trace_id(), error_code=code, error_msg=text))

    def _carry_out(self, outputs: list[Output]) -> None:
        utterance = self._utterance
        assert self._session is not None
        assert utterance is not None
        for output in outputs:
            match output:
                case BeginUtterance(background=background):
                    utterance.begin(background)
                case FeedUtterance(pcm=pcm):
                    utterance.feed(pcm)
                case FinishUtterance():
                    utterance.finish()
                case CloseUtterance():
                    utterance.close()
                case _:
                    self._send(output)
        if self._session.state is SessionState.ENDED:
            self._drop_session()

    def _drop_session(self) -> None:
        if self._session is None or self._utterance is None:
            return
        self._utterance.close()
        self._session = self._utterance = None
        self._service.slots.release()


def _new_trace_id() -> str:
    return str(uuid.uuid4())
