"""Text that is still being written to audio that is already heard.

Shell over ``websockets``; the rules are in :mod:`ivr_agi.sis.session.streaming`. A voice of the
large model gets the text as it comes (:func:`synthesize_pieces`). Any other voice gets it sentence
by sentence (:func:`speak_by_sentence`).

Source: ``sis-protocol.md`` 16.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from ivr_agi.catalogue import SHORT_TEXT
from ivr_agi.errors import SpeechError
from ivr_agi.sis.access.failover import EndpointAttempts
from ivr_agi.sis.client.connection import closed_error, open_socket
from ivr_agi.sis.client.synthesizer import synthesize_somewhere
from ivr_agi.sis.session.streaming import StreamingSession
from ivr_agi.sis.wire.streaming import STREAMING_PATH, StreamingConfig
from ivr_agi.sis.wire.texts import SentenceGatherer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
    from typing import TypeAlias

    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.access.failover import Endpoints
    from ivr_agi.sis.client.connection import SpeechSocket
    from ivr_agi.sis.wire.messages import SynthesisConfig

    _Speech: TypeAlias = AsyncGenerator[bytes]

__all__ = ("HeardText", "speak_by_sentence", "stream_somewhere", "synthesize_pieces")


class HeardText:
    """Text that arrives, and can be read again from its beginning by another endpoint.

    Whoever reads may be cancelled; the next piece is still waited for. :meth:`aclose` ends that.
    """

    def __init__(self, pieces: AsyncIterable[str]) -> None:
        self._source: AsyncIterator[str] = aiter(pieces)
        self._known: list[str] = []
        self._is_complete = False
        self._pulling: asyncio.Task[None] | None = None

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield all pieces from the first on."""
        at = 0
        while await self.has(at):
            yield self._known[at]
            at += 1

    async def has(self, at: int) -> bool:
        """Wait for a piece; False: there are not as many.

        Cancellation: safe.
        """
        while len(self._known) <= at and not self._is_complete:
            if self._pulling is None:
                self._pulling = asyncio.create_task(self._pull(), name="next piece of a text")
            pulling = self._pulling
            await asyncio.shield(pulling)
            if self._pulling is pulling:
                self._pulling = None
        return len(self._known) > at

    async def aclose(self) -> None:
        """Wait for no more text."""
        self._is_complete = True
        if self._pulling is not None:
            self._pulling.cancel()
            await asyncio.wait([self._pulling])
            self._pulling = None

    async def _pull(self) -> None:
        piece = await anext(self._source, None)
        if piece is None:
            self._is_complete = True
        elif piece:
            self._known.append(piece)


async def synthesize_pieces(
    endpoint: Endpoint,
    pieces: AsyncIterable[str],
    config: SynthesisConfig,
    *,
    on_trace: Callable[[str], None] | None = None,
) -> AsyncGenerator[bytes]:
    """Speak text while it arrives: yield audio as it comes, until END NORMAL.

    Use :func:`contextlib.aclosing` if the loop may be left early: that closes the socket.

    Args:
        endpoint: The endpoint, with its credentials; its ``answer_timeout_s`` is the limit of
            START, of the first audio after the first text, and of each audio after the last text.
        pieces: The text. How long it takes is its own matter.
        config: ``property`` is the voice's name. PCM at ``sample_rate``.
        on_trace: Called with the service's id of the synthesis.

    Raises:
        SpeechError: As :func:`~ivr_agi.sis.client.synthesizer.synthesize`.

    Cancellation: safe, the socket is closed.
    """
    socket = await open_socket(endpoint, STREAMING_PATH)
    session = StreamingSession(
        answer_timeout_s=endpoint.answer_timeout_s, service=endpoint.url, on_trace=on_trace
    )
    talk = _Talk(socket, session, endpoint)
    try:
        await talk.start(config)
        while not session.is_over:
            if session.is_open:
                talk.feed(pieces)
            if audio := await talk.receive():
                yield audio
        await socket.close()
    finally:
        await talk.close()
        socket.abort()


class _Talk:
    """Both ways of one socket: text goes out in a task of its own, while audio is awaited."""

    def __init__(self, socket: SpeechSocket, session: StreamingSession, endpoint: Endpoint) -> None:
        self._socket = socket
        self._session = session
        self._endpoint = endpoint
        self._now = asyncio.get_running_loop().time
        self._sent = asyncio.Event()
        """More was sent: the service may be late from another time on."""
        self._feeder: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[str | bytes] | None = None

    async def start(self, config: SynthesisConfig) -> None:
        wanted = StreamingConfig(
            voice_name=config.property,
            sample_rate=str(config.sample_rate),
            speed=config.speed,
            pitch=config.pitch,
            volume=config.volume,
        )
        await self._send([self._session.start(wanted, self._now())])

    def feed(self, pieces: AsyncIterable[str]) -> None:
        """Begin to send the text as it comes, once."""
        if self._feeder is None:
            self._feeder = asyncio.create_task(self._feed(pieces), name="text to be spoken")

    async def receive(self) -> bytes:
        """Wait for a message, for text that was sent, or for the deadline; return the audio."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(), name="speech")
        sent = asyncio.create_task(self._sent.wait())
        deadline = self._session.deadline()
        limit_s = None if deadline is None else max(0.0, deadline - self._now())
        try:
            await asyncio.wait(
                {self._reading, sent}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            sent.cancel()
        self._sent.clear()
        if self._feeder is not None and self._feeder.done():
            self._feeder.result()  # what it raised
        if self._reading.done():
            reading, self._reading = self._reading, None
            try:
                message = reading.result()
            except ConnectionClosed as closed:
                self._session.lose(closed_error(closed, self._endpoint))
            return self._session.receive(message, self._now())
        deadline = self._session.deadline()
        if deadline is not None and self._now() >= deadline:
            self._session.handle_timeout()
        return b""

    async def close(self) -> None:
        tasks = [task for task in (self._feeder, self._reading) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> str | bytes:
        return await self._socket.recv()

    async def _feed(self, pieces: AsyncIterable[str]) -> None:
        try:
            async for piece in pieces:
                await self._send(self._session.say(piece, self._now()))
                self._sent.set()
            await self._send(self._session.end(self._now()))
        finally:
            self._sent.set()

    async def _send(self, messages: list[str]) -> None:
        with contextlib.suppress(ConnectionClosed):  # the reader reports it
            for message in messages:
                await self._socket.send(message)


async def stream_somewhere(
    endpoints: Endpoints,
    text: HeardText,
    config: SynthesisConfig,
    *,
    on_trace: Callable[[str], None] | None = None,
) -> AsyncGenerator[bytes]:
    """Speak text while it arrives, with the first endpoint that works.

    Until its first audio, a stream may move to the next endpoint, which gets the text from its
    beginning.

    Raises:
        SpeechError: All endpoints failed, or one failed after its first audio.

    Cancellation: safe, the socket is closed.
    """
    now = asyncio.get_running_loop().time
    attempts = EndpointAttempts(endpoints)
    endpoint = endpoints.in_use
    while True:
        has_begun = False
        try:
            chunks = synthesize_pieces(endpoint, text, config, on_trace=on_trace)
            async with contextlib.aclosing(chunks):
                async for chunk in chunks:
                    if not has_begun:
                        has_begun = True
                        endpoints.worked(endpoint)
                    yield chunk
            return
        except SpeechError as error:
            following = attempts.after(endpoint, error, now(), random.random())
            if has_begun or following is None:
                raise
            endpoint, pause_s = following
        await asyncio.sleep(pause_s)


async def speak_by_sentence(
    endpoints: Endpoints,
    pieces: AsyncIterable[str],
    config: SynthesisConfig,
    *,
    on_trace: Callable[[str], None] | None = None,
) -> AsyncGenerator[bytes]:
    """Speak text while it arrives, each sentence as one synthesis, with any voice.

    Raises:
        SpeechError: As :func:`~ivr_agi.sis.client.synthesizer.synthesize_somewhere`.

    Cancellation: safe, the socket is closed.
    """
    gatherer = SentenceGatherer(SHORT_TEXT)
    ready: asyncio.Queue[str | None] = asyncio.Queue()

    async def gather() -> None:
        try:
            async for piece in pieces:
                for sentence in gatherer.feed(piece):
                    ready.put_nowait(sentence)
            for sentence in gatherer.finish():
                ready.put_nowait(sentence)
        finally:
            ready.put_nowait(None)

    gathering = asyncio.create_task(gather(), name="sentences")
    try:
        while (sentence := await ready.get()) is not None:
            chunks = synthesize_somewhere(endpoints, sentence, config, on_trace=on_trace)
            async with contextlib.aclosing(chunks):
                async for chunk in chunks:
                    yield chunk
        await gathering
    finally:
        gathering.cancel()
        await asyncio.wait([gathering])
