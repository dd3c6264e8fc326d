"""A speech service that understands every loud sound as one word, until its hostility comes.

Run as ``python -m tests.chaos.speech PORT SEED SHARE``: SHARE (0 to 1) of its connections have a
hostility, at a moment of the session that is drawn as well. It can also run in a test's own loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ivr_agi.bench.signals import tone
from ivr_agi.errors import SpeechProtocolError
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndRequest,
    EndResponse,
    ErrorResponse,
    EventName,
    EventResponse,
    FatalErrorResponse,
    RecognitionConfig,
    RecognitionStartRequest,
    ResultResponse,
    Segment,
    SegmentText,
    StartResponse,
    decode_recognition_request,
    decode_synthesis_request,
    encode,
)
from tests.sis.fake import PeerSocket

if TYPE_CHECKING:
    from websockets.http11 import Request, Response

TOKEN = "Sesame-4711-open"
"""The installation's secret: it must be nowhere but in our requests."""
SECONDS_A_CHARACTER = 0.04
LOUD = 2000
"""A sample that is louder is a voice."""
TAIL_MS = 500
RECOGNITION = ("start", "audio", "voice_start", "result", "voice_end", "end")
SYNTHESIS = ("start", "first_audio", "middle", "end")
FOREVER_S = 10_000.0


class Mute(Exception):  # no error: the service says no more
    """From now on it only reads."""


@dataclass
class SpeechSession:
    """The service's end of one connection."""

    socket: PeerSocket
    act: Act | None = None
    moment: str = ""
    """When it acts."""
    trace_id: str = ""
    text: str = "sales"
    """What it understands."""
    traces: itertools.count[int] = field(default_factory=itertools.count)

    async def say(self, *messages: msgspec.Struct | str | bytes) -> None:
        """Send messages; text and bytes go as they are."""
        for message in messages:
            frame = message if isinstance(message, str | bytes) else encode(message)
            await self.socket.send(frame)

    async def event(self, name: str) -> None:
        """Send an EVENT."""
        await self.say(EventResponse(trace_id=self.trace_id, event=name))

    async def result(self, text: str, *, is_final: bool) -> None:
        """Send a RESULT of one segment."""
        heard = SegmentText(text=text, score=0.9)
        segment = Segment(start_time=0, end_time=500, is_final=is_final, result=heard)
        await self.say(ResultResponse(trace_id=self.trace_id, segments=[segment]))

    async def reach(self, moment: str) -> None:
        """Come to a moment; be hostile if it is the one.

        Raises:
            Mute: It will say no more.
        """
        if self.act is not None and moment == self.moment:
            act, self.act = self.act, None
            if not await act(self):
                raise Mute

    async def serve(self) -> None:
        """Serve the connection to its end."""
        request = self.socket.request
        work = _synthesise if request and request.path.endswith("/rtts") else _recognise
        with contextlib.suppress(ConnectionClosed, SpeechProtocolError):
            try:
                await work(self)
            except Mute:
                while True:
                    await self.socket.recv()


async def _recognise(session: SpeechSession) -> None:
    while True:
        request = None
        while not isinstance(request, RecognitionStartRequest):
            frame = await session.socket.recv()
            request = decode_recognition_request(frame) if isinstance(frame, str) else None
        session.trace_id = f"t{id(session) % 10_000}-{next(session.traces)}"
        await session.reach("start")
        await session.say(StartResponse(trace_id=session.trace_id))
        await session.reach("audio")
        await _listen(session, request.config)


async def _listen(session: SpeechSession, config: RecognitionConfig) -> None:
    """One session, from its START to its END."""
    heard_ms = quiet_ms = 0.0
    is_over = has_voice = False
    while True:
        frame = await session.socket.recv()
        if isinstance(frame, str):
            end = decode_recognition_request(frame)
            await session.reach("end")
            is_cancelled = isinstance(end, EndRequest) and end.cancel
            if has_voice and not is_over and not is_cancelled:
                await session.result(session.text, is_final=True)
            reason = EndReason.CANCEL if is_cancelled else EndReason.NORMAL
            await session.say(EndResponse(trace_id=session.trace_id, reason=reason))
            return
        if is_over:
            continue
        samples = np.frombuffer(frame[: len(frame) // 2 * 2], dtype="<i2")
        length_ms = len(frame) / 16
        quiet_ms = (
            0.0
            if int(np.abs(samples.astype("i4")).max(initial=0)) > LOUD
            else (quiet_ms + length_ms)
        )
        heard_ms += length_ms
        if not has_voice and not quiet_ms:
            has_voice = True
            await session.reach("voice_start")
            await session.event(EventName.VOICE_START)
            await session.result(session.text, is_final=False)
        elif has_voice and quiet_ms >= TAIL_MS:
            is_over = True
            await session.reach("result")
            await session.result(session.text, is_final=True)
            await session.reach("voice_end")
            await session.event(EventName.VOICE_END)
        elif not has_voice and heard_ms >= config.vad_head:
            is_over = True
            await session.event(EventName.EXCEEDED_SILENCE)


async def _synthesise(session: SpeechSession) -> None:
    request = decode_synthesis_request(await session.socket.recv())
    session.trace_id = f"s{id(session) % 10_000}"
    await session.reach("start")
    await session.say(StartResponse(trace_id=session.trace_id))
    audio = tone(0.3 + SECONDS_A_CHARACTER * len(request.text))
    pieces = [audio[at : at + 4000] for at in range(0, len(audio), 4000)]
    for number, piece in enumerate(pieces):
        if number == 0:
            await session.reach("first_audio")
        if number == max(1, len(pieces) // 2):
            await session.reach("middle")
        await session.say(piece)
    await session.reach("end")
    await session.say(EndResponse(trace_id=session.trace_id))
    await session.socket.recv()


# What it may do. Each takes the session, and says whether it goes on as a good service would.

Act = Callable[[SpeechSession], Awaitable[bool]]


async def mute(session: SpeechSession) -> bool:
    """Say no more; pings are answered."""
    return False


async def freeze(session: SpeechSession) -> bool:
    """Read no more, not even pings."""
    session.socket.freeze()
    await asyncio.sleep(FOREVER_S)
    return False


async def cut(session: SpeechSession) -> bool:
    """Reset the connection."""
    session.socket.cut()
    return False


async def be_late(session: SpeechSession) -> bool:
    """Go on 4 s later."""
    await asyncio.sleep(4)
    return True


async def be_a_little_late(session: SpeechSession) -> bool:
    """Go on 1 s later."""
    await asyncio.sleep(1)
    return True


async def trickle(session: SpeechSession) -> bool:
    """16 bytes a second."""
    while True:
        await session.say(bytes(16))
        await asyncio.sleep(1)


async def send_half_a_chunk(session: SpeechSession) -> bool:
    """An odd number of bytes, then nothing."""
    await session.say(bytes(201))
    return False


async def never_end(session: SpeechSession) -> bool:
    """Audio without end, faster than it is heard."""
    while True:
        await session.say(tone(0.5))
        await asyncio.sleep(0.02)


async def end_twice(session: SpeechSession) -> bool:
    """END, and another one."""
    await session.say(*2 * [EndResponse(trace_id=session.trace_id)])
    return True


async def end_as_another(session: SpeechSession) -> bool:
    """END and words of a session that never was."""
    segment = Segment(is_final=True, result=SegmentText(text="support", score=1.0))
    await session.say(ResultResponse(trace_id="x", segments=[segment]), EndResponse(trace_id="x"))
    return True


async def sneeze(session: SpeechSession) -> bool:
    """Events that nobody knows, or in a vendor's spelling, and in the wrong order."""
    for name in ("SNEEZE", "VOICE_END", "VOICE_START", "EXCEEDED_SILCENCE", ""):
        await session.event(name)
    return True


async def flood(session: SpeechSession) -> bool:
    """Thousands of messages at once."""
    for _ in range(5000):
        await session.event("VOICE_START")
    return True


def send(*frames: str | bytes, goes_on: bool = True) -> Act:
    """Send frames as they are."""

    async def act(session: SpeechSession) -> bool:
        await session.say(*frames)
        return goes_on

    return act


def fail(code: str, text: str, *, is_fatal: bool = False) -> Act:
    """Send an ERROR and END, or a FATAL_ERROR; ``TOKEN`` may be anywhere in it."""

    async def act(session: SpeechSession) -> bool:
        kind = FatalErrorResponse if is_fatal else ErrorResponse
        await session.say(
            kind(trace_id=f"{session.trace_id} {text}"[:4000], error_code=code, error_msg=text)
        )
        if is_fatal:
            await session.socket.close(1011, text[:100].replace("\n", " "))
        else:
            await session.say(EndResponse(trace_id=session.trace_id, reason=EndReason.ERROR))
        return False

    return act


def huge_result() -> str:
    """A RESULT of 4 MB."""
    segment = {"is_final": True, "result": {"text": "sales " * 700_000, "score": 0.9}}
    return json.dumps({"resp_type": "RESULT", "trace_id": "t", "segments": [segment]})


def many_segments() -> str:
    """A RESULT of 3000 sentences."""
    segment = {"is_final": True, "result": {"text": "sales", "score": 0.9}}
    return json.dumps({"resp_type": "RESULT", "trace_id": "t", "segments": [segment] * 3000})


def close_with(code: int, reason: str) -> Act:
    """Close in good order, with a reason."""

    async def act(session: SpeechSession) -> bool:
        await session.socket.close(code, reason)
        return False

    return act


# Before the connection is one.

Handshake = Callable[[ServerConnection], Awaitable["Response | None"]]


def refuse(status: int, body: str = "", headers: Mapping[str, str] | None = None) -> Handshake:
    """Answer with an HTTP status."""

    async def act(socket: ServerConnection) -> Response | None:
        response = socket.respond(HTTPStatus(status), body)
        response.headers.update(headers or {})
        return response

    return act


async def never_answer(socket: ServerConnection) -> Response | None:
    """Take the request, and say nothing."""
    await asyncio.sleep(FOREVER_S)
    return None


async def hang_up_first(socket: ServerConnection) -> Response | None:
    """Reset the connection."""
    assert isinstance(socket, PeerSocket)
    socket.cut()
    await asyncio.sleep(FOREVER_S)
    return None


@dataclass(frozen=True)
class Choice:
    """What a connection gets."""

    act: Act | None = None
    moment: str = ""
    handshake: Handshake | None = None


@contextlib.asynccontextmanager
async def speech_service(choose: Callable[[str], Choice], port: int = 0) -> AsyncIterator[str]:
    """Serve; gives the URL. ``choose`` is called with the path of each connection."""
    choices: dict[ServerConnection, Choice] = {}

    async def handle(socket: ServerConnection) -> None:
        assert isinstance(socket, PeerSocket)
        choice = choices.pop(socket, Choice())
        await SpeechSession(socket, choice.act, choice.moment).serve()

    async def greet(socket: ServerConnection, request: Request) -> Response | None:
        choice = choices[socket] = choose(request.path)
        if choice.handshake is None:
            return None
        del choices[socket]
        return await choice.handshake(socket)

    server = await serve(
        handle,
        "127.0.0.1",
        port,
        process_request=greet,
        create_connection=PeerSocket,
        close_timeout=0.2,
        max_size=None,
        ping_interval=None,
        open_timeout=None,
        write_limit=1 << 20,
    )
    try:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await server.wait_closed()


def choose_at_random(
    acts: Sequence[Act], handshakes: Sequence[Handshake], seed: int, share: float
) -> Callable[[str], Choice]:
    """Draw what each connection gets."""
    dice = random.Random(seed)

    def choose(path: str) -> Choice:
        if dice.random() >= share:
            return Choice()
        if dice.random() < len(handshakes) / (len(acts) + len(handshakes)):
            return Choice(handshake=dice.choice(handshakes))
        moments = SYNTHESIS if path.endswith("/rtts") else RECOGNITION
        return Choice(dice.choice(acts), dice.choice(moments))

    return choose


async def main(port: int, seed: int, share: float) -> None:
    """Serve until killed."""
    from tests.chaos.table import HANDSHAKES, SPEECH

    acts, handshakes = [row.how for row in SPEECH], [row.how for row in HANDSHAKES]
    async with speech_service(choose_at_random(acts, handshakes, seed, share), port) as url:
        sys.stdout.write(f"listening on {url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
