"""A small SIS service over loopback that does what a test's script says, faults included.

Not :mod:`ivr_agi.speech_server`: that one is correct, this one need not be. The script is a
coroutine that is given the :class:`Peer` of each connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar, cast

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed

from ivr_agi.errors import SpeechProtocolError
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client.recognizer import RecognitionClient
from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.wire.events import RecognitionEvent
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndRequest,
    EndResponse,
    EventResponse,
    RecognitionConfig,
    RecognitionStartRequest,
    ResultResponse,
    Segment,
    SegmentText,
    StartResponse,
    SynthesisStartRequest,
    decode_recognition_request,
    decode_synthesis_request,
    encode,
)
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    import ssl

    import msgspec
    from websockets.http11 import Request, Response

CONFIG = RecognitionConfig(audio_format="pcm8k16bit", property="english_8k_common")

STARTED = StartResponse(trace_id="t1")
ENDED = EndResponse(trace_id="t1")
CANCELLED = EndResponse(trace_id="t1", reason=EndReason.CANCEL)
VOICE_START = EventResponse(trace_id="t1", event="VOICE_START")

_Kind = TypeVar("_Kind")


def result(
    text: str, *, is_final: bool = True, trace_id: str | None = "t1", score: float = 0.9
) -> ResultResponse:
    """A RESULT of one segment."""
    heard = SegmentText(text=text, score=score)
    segment = Segment(start_time=100, end_time=900, is_final=is_final, result=heard)
    return ResultResponse(trace_id=trace_id, segments=[segment])


class PeerSocket(ServerConnection):
    """A connection that can freeze, and break."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what carries it."""
        super().connection_made(transport)
        self._carrier = cast("asyncio.Transport", transport)

    def freeze(self) -> None:
        """Read no more, not even pings."""
        self._carrier.pause_reading()

    def cut(self) -> None:
        """Reset the TCP connection."""
        self._carrier.abort()


@dataclass
class Peer:
    """The service's end of one connection."""

    socket: PeerSocket
    path: str
    headers: Headers
    audio: bytearray = field(default_factory=bytearray)
    """All that came in binary frames."""
    frame_sizes: list[int] = field(default_factory=list)

    async def start(self) -> RecognitionConfig:
        """Wait for START of a recognition, audio included."""
        return (await self._request(RecognitionStartRequest)).config

    async def end(self) -> EndRequest:
        """Wait for END, audio included."""
        return await self._request(EndRequest)

    async def text(self) -> SynthesisStartRequest:
        """Wait for START of a synthesis."""
        frame = await self.socket.recv()
        return decode_synthesis_request(frame)

    async def hear(self, n_bytes: int) -> None:
        """Wait until ``n_bytes`` of audio have come in all."""
        while len(self.audio) < n_bytes:
            self._keep(await self.socket.recv())

    async def say(self, *messages: msgspec.Struct | str | bytes) -> None:
        """Send responses; text and bytes go as they are."""
        for message in messages:
            frame = message if isinstance(message, str | bytes) else encode(message)
            await self.socket.send(frame)

    def cut(self) -> None:
        """Reset the TCP connection."""
        self.socket.cut()

    async def gone(self) -> None:
        """Wait until the client has closed the socket."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self._keep(await self.socket.recv())

    async def _request(self, kind: type[_Kind]) -> _Kind:
        while True:
            frame = await self.socket.recv()
            if isinstance(frame, bytes):
                self._keep(frame)
                continue
            request = decode_recognition_request(frame)
            if not isinstance(request, kind):
                raise TypeError(f"the client sent {request} where {kind} was due")
            return request

    def _keep(self, frame: str | bytes) -> None:
        if not isinstance(frame, bytes):
            raise TypeError(f"the client sent {frame!r} where audio was due")
        self.audio += frame
        self.frame_sizes.append(len(frame))


Script = Callable[[Peer], Awaitable[None]]


@contextlib.asynccontextmanager
async def fake_service(
    script: Script,
    *,
    refusal: tuple[HTTPStatus, str, dict[str, str]] | None = None,
    tls: ssl.SSLContext | None = None,
    answer_timeout_s: float = 2.0,
) -> AsyncIterator[Endpoint]:
    """Serve ``script`` on a free port; what goes wrong in it is raised at the end of the block."""
    errors: list[Exception] = []

    async def handle(socket: ServerConnection) -> None:
        assert isinstance(socket, PeerSocket)
        request = socket.request
        if request is None:
            raise TypeError("the handshake has no request")
        try:
            await script(Peer(socket, request.path, request.headers))
        except (AssertionError, ConnectionClosed, SpeechProtocolError, TypeError) as error:
            errors.append(error)

    def refuse(socket: ServerConnection, _: Request) -> Response | None:
        if refusal is None:
            return None
        status, body, headers = refusal
        response = socket.respond(status, body)
        response.headers.update(headers)
        return response

    server = await serve(
        handle,
        "127.0.0.1",
        0,
        process_request=refuse,
        ssl=tls,
        close_timeout=0.2,
        create_connection=PeerSocket,
    )
    port = next(iter(server.sockets)).getsockname()[1]
    scheme = "wss" if tls else "ws"
    try:
        yield Endpoint(
            url=f"{scheme}://127.0.0.1:{port}",
            project_id="p1",
            connect_timeout_s=2.0,
            answer_timeout_s=answer_timeout_s,
        )
    finally:
        server.close()
        await server.wait_closed()
    if errors:
        raise errors[0]


class Listener:
    """Collects events, and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: list[RecognitionEvent] = []
        self._changed = asyncio.Event()

    def __call__(self, event: RecognitionEvent) -> None:
        self.events.append(event)
        self._changed.set()

    @property
    def names(self) -> list[str]:
        """The classes of the events so far."""
        return [type(event).__name__ for event in self.events]

    async def wait_for(self, kind: type[_Kind], n: int = 1) -> _Kind:
        """The ``n``-th event of this class, once it has come."""
        async with asyncio.timeout(PATIENCE_S):
            while len(found := [event for event in self.events if isinstance(event, kind)]) < n:
                self._changed.clear()
                await self._changed.wait()
        return found[n - 1]


async def listen_in_vain(peer: Peer) -> None:
    """A recogniser that hears nothing, in session after session."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await peer.start()
            await peer.say(STARTED)
            await peer.end()
            await peer.say(CANCELLED)


@contextlib.asynccontextmanager
async def recognizer_for(  # type: ignore[no-untyped-def]
    service: Endpoint, listener: Listener, mode: Mode = Mode.SENTENCE
):
    """A recogniser that is closed at the end."""
    recognizer = await RecognitionClient.connect(service, on_event=listener, mode=mode)
    try:
        yield recognizer
    finally:
        await recognizer.close()


async def eventually(condition: Callable[[], bool], *, within_s: float = PATIENCE_S) -> None:
    """Wait until ``condition`` holds; for what no event announces."""
    for _ in range(int(within_s / 0.005)):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"not within {within_s} s")


def tone(n_bytes: int) -> bytes:
    """Audio of which every sample differs from its neighbour (16 bit, counting)."""
    return b"".join((n % 65536).to_bytes(2, "little") for n in range(n_bytes // 2))
