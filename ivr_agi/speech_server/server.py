"""The local speech server: RASR, RTTS and hot-word tables on one port. Asyncio shell (aiohttp).

Source: ``sis-protocol.md`` 1 to 3 (paths, token, handshake), 12.2 (errors before the upgrade).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, Self

from aiohttp import web

from ivr_agi.errors import ConfigError
from ivr_agi.secret import Secret
from ivr_agi.sis.access.signing import HttpRequest
from ivr_agi.speech_server.capacity import SENTENCE_EVERY_S, measure_capacity
from ivr_agi.speech_server.engines.espeak import EspeakVoice
from ivr_agi.speech_server.engines.pocketsphinx import PocketsphinxRecognizer
from ivr_agi.speech_server.engines.silero import SileroVad
from ivr_agi.speech_server.gate import Gate, Slots
from ivr_agi.speech_server.imitation import imitation_of
from ivr_agi.speech_server.pool import FINISH_TIMEOUT_S, WORDS_WITHIN_S, WorkerPool
from ivr_agi.speech_server.rasr import MODES, RecognitionService, RecognitionSocket
from ivr_agi.speech_server.rest import add_token_route, add_vocabulary_routes, error_response
from ivr_agi.speech_server.rtts import SynthesisSocket
from ivr_agi.speech_server.session import MIN_SCORE
from ivr_agi.speech_server.site import CLOSE_TIMEOUT_S, open_site
from ivr_agi.speech_server.speaking import SynthesisService
from ivr_agi.speech_server.streaming import StreamingSocket
from ivr_agi.speech_server.vocabularies import VocabularyStore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from aiohttp.typedefs import Handler

    from ivr_agi.speech_server.capacity import Capacity
    from ivr_agi.speech_server.engines.base import Recognizer, Vad, Voice

__all__ = ("Server", "SpeechServer", "run_speech_server")

_log = logging.getLogger("ivr_agi.speech_server")

IDLE_TIMEOUT_S = 20.0
VOICE_THREADS = 4
MOST_SESSIONS = 1000
MOST_FRAME_BYTES = 2**20


class SpeechServer:
    """An async context manager; inside it the server answers.

    Args:
        host: Address to listen on.
        port: Port; 0 picks a free one, see :attr:`port`.
        max_sessions: Most recognition sessions, and most syntheses, at the same time; one more gets
            SIS.0312. None: as many as the machine is measured to carry when it starts.
        workers: Recognition processes; default: one per core, but not more than ``max_sessions``.
        token: The only ``X-Auth-Token`` that is accepted.
        keys: Access keys and their secrets, whose signatures are accepted. Without ``token`` and
            ``keys`` everybody is.
        tls: Certificate and key for ``wss``; None: plain ``ws``.
        state_dir: Folder for hot-word tables; None keeps them in memory.
        min_score: Words with a lower score count as noise (EXCEEDED_SILENCE). Keep it low: the
            client decides by the score of a RESULT.
        idle_timeout_s: Seconds without a message after which a socket gets FATAL_ERROR SIS.0304.
        words_within_s: Seconds for the words after the end of a sentence; a recogniser leaves out
            the passes that would take longer.
        finish_timeout_s: Seconds after which a client gets the words so far, unconfirmed.
        region: Behave like this region of the cloud: refuse what it refuses (``--as``).
        vad: Speech detector; default :class:`SileroVad`.
        recognizer: Recogniser; default :class:`PocketsphinxRecognizer`.
        voice: Voice; default :class:`EspeakVoice`.

    Raises:
        ConfigError: A number is out of its range.
        MissingDependency: An engine's package is not installed.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        max_sessions: int | None = None,
        workers: int | None = None,
        token: str | None = None,
        keys: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        state_dir: Path | None = None,
        min_score: float = MIN_SCORE,
        idle_timeout_s: float = IDLE_TIMEOUT_S,
        words_within_s: float = WORDS_WITHIN_S,
        finish_timeout_s: float = FINISH_TIMEOUT_S,
        region: str = "",
        vad: Vad | None = None,
        recognizer: Recognizer | None = None,
        voice: Voice | None = None,
    ) -> None:
        _check_counts(max_sessions=max_sessions, workers=workers)
        self._cores = len(os.sched_getaffinity(0))
        self.capacity: Capacity | None = None
        """What was measured, inside the context; None: the recogniser takes no lists."""
        self._voice = voice or EspeakVoice()
        self._is_limited = max_sessions is not None
        self.max_sessions = max_sessions or MOST_SESSIONS
        """Most sessions at once; what was measured, inside the context."""
        self.host, self.port = host, port
        """The port it listens on, once inside the context."""
        self._gate, self._tls = _make_gate(token, keys or {}), tls
        self._vad = vad or SileroVad()
        self._pool = WorkerPool(
            recognizer or PocketsphinxRecognizer(),
            workers=workers or min(max_sessions or self._cores, self._cores),
            words_within_s=words_within_s,
            finish_timeout_s=max(finish_timeout_s, words_within_s),
        )
        self._imitation = imitation_of(region)
        tables = state_dir / "vocabularies" if state_dir else None
        self._vocabularies = VocabularyStore(tables, most=self._imitation.most_tables)
        self._executor = ThreadPoolExecutor(VOICE_THREADS, thread_name_prefix="voice")
        self._recognition = RecognitionService(
            vad=self._vad,
            pool=self._pool,
            vocabularies=self._vocabularies,
            slots=Slots(self.max_sessions),
            min_score=min_score,
            idle_timeout_s=idle_timeout_s,
            imitation=self._imitation,
        )
        self._synthesis = SynthesisService(
            voice=self._voice,
            executor=self._executor,
            slots=Slots(self.max_sessions),
            idle_timeout_s=idle_timeout_s,
            imitation=self._imitation,
        )
        self._sockets: weakref.WeakSet[web.WebSocketResponse] = weakref.WeakSet()
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """``ws://host:port``, or ``wss``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if self._tls else 'ws'}://{host}:{self.port}"

    @property
    def carries(self) -> str:
        """How many sessions the machine carries, in one line; empty before it was measured."""
        if self.capacity is None:
            return ""
        found = self.capacity
        line = (
            f"this machine carries {found.sessions} sessions at once (a sentence every "
            f"{SENTENCE_EVERY_S:g} s, {1000 * found.sentence_s:.0f} ms of processor time each)"
        )
        if self.max_sessions > found.sessions:
            return f"{line}: fewer than the {self.max_sessions} that it takes"
        return f"{line}; it takes {self.max_sessions}, and refuses more with SIS.0312"

    async def __aenter__(self) -> Self:
        """Load the engines, start the workers, listen.

        Raises:
            ConfigError: The address or the state directory cannot be used.
            SpeechUnavailable: A worker does not start.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(asyncio.to_thread, self._executor.shutdown)
            try:
                await asyncio.to_thread(self._vocabularies.load)
            except OSError as error:
                raise ConfigError(f"cannot be used: {error}", key="state_dir") from error
            await asyncio.to_thread(self._vad.stream)  # loads the model
            await stack.enter_async_context(self._pool)
            await self._measure()
            await self._listen(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all sockets and end the workers."""
        await self._stack.aclose()

    async def _measure(self) -> None:
        """Find out how many sessions there may be."""
        self.capacity = await measure_capacity(
            self._pool, self._vad, self._voice, cores=self._cores
        )
        if self.capacity is None or self._is_limited:
            return
        self.max_sessions = min(self.capacity.sessions, MOST_SESSIONS)
        for service in (self._recognition, self._synthesis):
            service.slots.most = self.max_sessions

    async def _listen(self, stack: AsyncExitStack) -> None:
        app = web.Application(middlewares=[self._gateway])
        for alias in ("rasr", "asr"):  # old samples of the vendor use /asr/
            path = f"/v1/{{project_id}}/{alias}/{{mode:{'|'.join(MODES)}}}"
            app.router.add_get(path, self._serve_recognition)
        app.router.add_get("/v1/{project_id}/rtts", self._serve_synthesis)
        if self._imitation.has_streaming:
            app.router.add_get("/v1/{project_id}/vcs/voices/clone", self._serve_streaming)
        add_vocabulary_routes(app, self._vocabularies, self._imitation)
        add_token_route(app)
        site = open_site(app, self.host, self.port, tls=self._tls, sockets=self._sockets)
        self.port = await stack.enter_async_context(site)

    @web.middleware
    async def _gateway(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check who may enter, and put errors into the gateway's form."""
        path, _, query = request.raw_path.partition("?")
        body = await request.read() if request.can_read_body else b""
        asked = HttpRequest(request.method, request.host, path, query, body)
        headers = {name.lower(): value for name, value in request.headers.items()}
        refusal = self._gate.refusal(asked, headers, datetime.now(UTC))
        if refusal is not None:
            text = f"Incorrect IAM authentication information: {refusal}"
            return error_response(401, "APIG.0301", text)
        try:
            return await handler(request)
        except web.HTTPError as error:
            code = "APIG.0101" if error.status in (404, 405) else "APIG.0201"
            return error_response(error.status, code, error.reason)

    async def _upgrade(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(
            timeout=CLOSE_TIMEOUT_S, compress=False, max_msg_size=MOST_FRAME_BYTES
        )
        await ws.prepare(request)  # aiohttp sets TCP_NODELAY
        self._sockets.add(ws)
        return ws

    async def _serve_recognition(self, request: web.Request) -> web.StreamResponse:
        ws = await self._upgrade(request)
        if request.transport is not None:
            session_type = MODES[request.match_info["mode"]]
            socket = RecognitionSocket(ws, request.transport, self._recognition, session_type)
            await socket.run()
        return ws

    async def _serve_synthesis(self, request: web.Request) -> web.StreamResponse:
        ws = await self._upgrade(request)
        await SynthesisSocket(ws, self._synthesis).run()
        return ws

    async def _serve_streaming(self, request: web.Request) -> web.StreamResponse:
        ws = await self._upgrade(request)
        await StreamingSocket(ws, self._synthesis).run()
        return ws


def _check_counts(**counts: int | None) -> None:
    for key, value in counts.items():
        if value is not None and value < 1:
            raise ConfigError(f"must be 1 or more, got {value}", key=key)


def _make_gate(token: str | None, keys: Mapping[str, str]) -> Gate:
    return Gate(
        token=Secret(token) if token is not None else None,
        keys={access: Secret(secret) for access, secret in keys.items()},
    )


class Server(AbstractAsyncContextManager[object], Protocol):
    """What :func:`run_speech_server` runs: :class:`SpeechServer`, or a scripted one."""

    @property
    def url(self) -> str:
        """``ws://host:port``, or ``wss``, once it is entered."""
        ...

    @property
    def carries(self) -> str:
        """How many sessions it carries, in one line; empty if that is not known."""
        ...


async def run_speech_server(
    server: Server, *, on_ready: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        server: Not yet entered.
        on_ready: Called with the URL once it answers.

    Raises:
        ConfigError: As :meth:`SpeechServer.__aenter__`.
        SpeechUnavailable: As :meth:`SpeechServer.__aenter__`.
    """
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        loop.add_signal_handler(number, stopping.set)
    try:
        async with server:
            _log.info("the speech server is listening on %s", server.url)
            if on_ready is not None:
                on_ready(server.url)
            await stopping.wait()
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)  # a shell's job in the background ignores SIGINT
