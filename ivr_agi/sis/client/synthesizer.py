"""Text to audio: one RTTS socket per text; a long text uses several in a row, without a gap.

Shell over ``websockets``; the rules are in :mod:`ivr_agi.sis.session.synthesis` and
:mod:`ivr_agi.sis.wire.texts`. A socket takes only one text. So that a long text has no gap, the
socket of each piece is opened when the first audio of the previous piece arrives, and is read
ahead.

Source: ``sis-protocol.md`` 9 (RTTS).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from ivr_agi.errors import IvrError, SpeechError, SpeechUnavailable
from ivr_agi.sis.access.failover import EndpointAttempts
from ivr_agi.sis.client.connection import closed_error, open_socket
from ivr_agi.sis.session.synthesis import AUDIBLE_MS, FIRST_AUDIO_S, SynthesisSession
from ivr_agi.sis.wire.texts import speakable_pieces

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from typing import Self, TypeAlias

    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.access.failover import Endpoints
    from ivr_agi.sis.wire.messages import SynthesisConfig

    _Speech: TypeAlias = AsyncGenerator[bytes]

__all__ = ("synthesize", "synthesize_somewhere")

MAX_AHEAD = 1000
"""Most messages of the next piece in memory. When there are as many, its socket is not read until
there is room: TCP then slows the service down."""


async def synthesize(
    endpoint: Endpoint,
    text: str,
    config: SynthesisConfig,
    *,
    first_audio_timeout_s: float = 5.0,
    stall_timeout_s: float = 5.0,
    on_trace: Callable[[str], None] | None = None,
) -> AsyncGenerator[bytes]:
    """Speak ``text``: yield audio as it arrives, until END NORMAL.

    Use :func:`contextlib.aclosing` if the loop may be left early: that closes the socket.

    Args:
        endpoint: The endpoint, with its credentials.
        text: What to say, of any length; or SSML, which is checked first.
        config: Voice and format.
        first_audio_timeout_s: Limit from START to the first audio, seconds.
        stall_timeout_s: Limit without audio after that, seconds.
        on_trace: Called with the service's id of the synthesis, for each piece of a long text.

    Yields:
        Audio in ``config.audio_format`` and ``config.sample_rate``, raw, in pieces of any length.

    Raises:
        ConfigError: The text is empty, or SSML that is wrong.
        SpeechUnavailable: There is no answer, the audio stalls, or the socket closes before END.
        SpeechRejected: HTTP error, ERROR, FATAL_ERROR, or END with a reason other than NORMAL.
        SpeechProtocolError: The service sent a message that cannot be read.

    Cancellation: safe, the socket is closed.
    """
    pieces = speakable_pieces(text, config.property)

    def speak(piece: str) -> _Speech:
        session = SynthesisSession(
            first_audio_timeout_s=first_audio_timeout_s,
            stall_timeout_s=stall_timeout_s,
            service=endpoint.url,
            on_trace=on_trace,
        )
        return _speak(endpoint, piece, config, session)

    async with contextlib.aclosing(_in_a_row(speak, pieces)) as row:
        async for audio in row:
            yield audio


async def synthesize_somewhere(
    endpoints: Endpoints,
    text: str,
    config: SynthesisConfig,
    *,
    on_trace: Callable[[str], None] | None = None,
    limit_s: float = FIRST_AUDIO_S,
) -> AsyncGenerator[bytes]:
    """Speak ``text`` with the first endpoint that works; arguments and result as ``synthesize``.

    Until its first :data:`AUDIBLE_MS` of audio, a synthesis may move to the next endpoint. After
    that it may not: the caller has heard the beginning in that voice. All endpoints together have
    ``limit_s`` for it, and each but the last an equal share of what is left.

    Raises:
        SpeechError: All endpoints failed, or one failed after its first audio.

    Cancellation: safe, the socket is closed.
    """
    now = asyncio.get_running_loop().time
    attempts = EndpointAttempts(endpoints)
    n_left = len(endpoints.candidates())
    endpoint, due = endpoints.in_use, now() + limit_s
    while True:
        has_begun = False
        share_s = max(0.0, due - now()) / max(1, n_left)
        wait_s = min(endpoint.answer_timeout_s, limit_s)
        chunks = synthesize(
            endpoint,
            text,
            config,
            first_audio_timeout_s=wait_s,
            stall_timeout_s=wait_s,
            on_trace=on_trace,
        )
        try:
            async with contextlib.aclosing(chunks):
                lead = await _lead(chunks, config, endpoint, share_s)
                endpoints.worked(endpoint)
                has_begun = True
                yield lead
                async for chunk in chunks:
                    yield chunk
                return
        except SpeechError as error:
            following = attempts.after(endpoint, error, now(), random.random())
            if has_begun or following is None or now() >= due:
                raise
            endpoint, pause_s = following
        n_left -= 1
        await asyncio.sleep(pause_s)


async def _lead(
    chunks: _Speech, config: SynthesisConfig, endpoint: Endpoint, limit_s: float
) -> bytes:
    """Return the first audio, so much of it that a caller can hear something; or all there is."""
    n_bytes = config.sample_rate * (2 if config.audio_format == "pcm" else 1) * AUDIBLE_MS // 1000
    lead = b""
    try:
        async with asyncio.timeout(limit_s):
            async for chunk in chunks:
                lead += chunk
                if len(lead) >= n_bytes:
                    break
    except TimeoutError:
        reason = f"no {AUDIBLE_MS} ms of audio within {limit_s:.1f} s"
        raise SpeechUnavailable(reason, service=endpoint.url, has_waited=True) from None
    return lead


async def _in_a_row(speak: Callable[[str], _Speech], pieces: list[str]) -> _Speech:
    """Speak the pieces one after another; each begins when the previous one yields audio."""
    ahead: _ReadAhead | None = None
    try:
        for piece, following in itertools.zip_longest(pieces, pieces[1:]):
            source, ahead = ahead or speak(piece), None
            async with contextlib.aclosing(source):
                async for audio in source:
                    if ahead is None and following is not None:
                        ahead = _ReadAhead(speak(following))
                    yield audio
    finally:
        if ahead is not None:
            await ahead.aclose()


async def _speak(
    endpoint: Endpoint, text: str, config: SynthesisConfig, session: SynthesisSession
) -> _Speech:
    """Speak one text on a socket of its own."""
    now = asyncio.get_running_loop().time
    # No pings: a reader that waits for its consumer would not see the pong in time.
    socket = await open_socket(endpoint, "rtts")
    try:
        start = session.start(text, config, now())
        deadline = session.deadline(now())
        async with _ends_session(session, endpoint, deadline):
            await socket.send(start)
        while not session.is_over:
            since = now()
            async with _ends_session(session, endpoint, deadline):
                message = await socket.recv()
            session.waited(now() - since)
            if audio := session.receive(message):
                yield audio
                deadline = session.deadline(now())
        await socket.close()
    finally:
        socket.abort()


class _ReadAhead:
    """Speech that is read before it is needed: at most :data:`MAX_AHEAD` messages."""

    def __init__(self, source: _Speech) -> None:
        self._items: asyncio.Queue[bytes | IvrError | None] = asyncio.Queue(MAX_AHEAD)
        self._task = asyncio.get_running_loop().create_task(self._fill(source), name="read ahead")

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        item = await self._items.get()
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, IvrError):
            raise item
        return item

    async def aclose(self) -> None:
        """Stop reading, and close the socket."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _fill(self, source: _Speech) -> None:
        try:
            async with contextlib.aclosing(source):
                async for audio in source:
                    await self._items.put(audio)
        except IvrError as exc:
            await self._items.put(exc)
        else:
            await self._items.put(None)


@contextlib.asynccontextmanager
async def _ends_session(
    session: SynthesisSession, endpoint: Endpoint, deadline: float
) -> AsyncGenerator[None]:
    """Report to the session if the body times out or the socket closes."""
    try:
        async with asyncio.timeout_at(deadline):
            yield
    except TimeoutError:
        session.handle_timeout()
    except ConnectionClosed as closed:
        session.lose(closed_error(closed, endpoint))
