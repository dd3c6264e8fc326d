"""Synthesis over real sockets, with a service that misbehaves on request."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from ivr_agi.errors import (
    SpeechProtocolError,
    SpeechRejected,
    SpeechUnavailable,
)
from ivr_agi.sis.client import Service, synthesize
from ivr_agi.sis.messages import (
    EndReason,
    EndResponse,
    ErrorResponse,
    FatalErrorResponse,
    StartResponse,
    SynthesisConfig,
)
from tests.sis.fake import (
    ENDED,
    STARTED,
    Peer,
    fake_service,
)

VOICE = SynthesisConfig(property="english_cameal_common")
ERROR = ErrorResponse(trace_id="t1", error_code="SIS.0303", error_msg="engine")
FATAL = FatalErrorResponse(error_code="SIS.0304", error_msg="idle")


async def hear(service: Service, into: list[bytes], *, limit_s: float = 1.0) -> None:
    """Put all audio of a synthesis into a list, with short deadlines."""
    speech = synthesize(
        service, "hello", VOICE, first_audio_timeout_s=limit_s, stall_timeout_s=limit_s
    )
    async with contextlib.aclosing(speech) as chunks:
        async for chunk in chunks:
            into.append(chunk)  # noqa: PERF401  # kept when the loop fails


async def test_a_synthesis_from_start_to_end() -> None:
    """START with text and voice, audio in pieces, END NORMAL; the client closes in order."""
    codes: list[int | None] = []
    traces: list[str] = []

    async def script(peer: Peer) -> None:
        request = await peer.text()
        assert (request.text, request.config, peer.path) == ("hello", VOICE, "/v1/p1/rtts")
        await peer.say(STARTED, b"\1\2", b"\3", ENDED)
        await peer.gone()
        codes.append(peer.socket.close_code)

    async with fake_service(script) as service:
        pieces = [
            chunk async for chunk in synthesize(service, "hello", VOICE, on_trace=traces.append)
        ]
    assert pieces == [b"\1\2", b"\3"]
    assert traces == ["t1"]
    assert codes == [1000]


@pytest.mark.parametrize(
    ("last", "code"),
    [
        (ERROR, "SIS.0303"),
        (FATAL, "SIS.0304"),
        (EndResponse(reason=EndReason.ERROR), "END ERROR"),
    ],
)
async def test_a_synthesis_that_is_refused(last: EndResponse | ErrorResponse, code: str) -> None:
    """What came before is given, then the error; never a normal end."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(STARTED, b"\1\2", last)
        await peer.gone()

    heard: list[bytes] = []
    async with fake_service(script) as service:
        with pytest.raises(SpeechRejected) as caught:
            await hear(service, heard)
    assert heard == [b"\1\2"]
    assert caught.value.code == code


async def test_a_synthesis_cut_in_the_middle() -> None:
    """No END, no success."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(STARTED, b"\1\2")
        peer.cut()

    async with fake_service(script) as service:
        with pytest.raises(SpeechUnavailable, match="the connection broke"):
            await hear(service, [])


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ([], r"no audio within 0\.03 s of START"),
        ([STARTED], r"no audio within 0\.03 s of START"),
        ([STARTED, b"\1\2"], r"no audio and no END for 0\.03 s"),
    ],
)
async def test_a_synthesis_that_stalls(said: list[StartResponse | bytes], text: str) -> None:
    """Silence of the service has a limit at every step."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(*said)
        await peer.gone()

    async with fake_service(script) as service:
        with pytest.raises(SpeechUnavailable, match=text):
            await hear(service, [], limit_s=0.03)


async def test_talk_without_audio_is_a_stall() -> None:
    """Messages that say nothing do not prolong the wait."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(STARTED, b"\1\2")
        with contextlib.suppress(Exception):
            while True:
                await peer.say('{"resp_type":"HUM"}')
                await asyncio.sleep(0.005)

    async with fake_service(script) as service:
        with pytest.raises(SpeechUnavailable, match="no audio and no END"):
            await hear(service, [], limit_s=0.05)


async def test_a_slow_consumer_is_not_a_stall() -> None:
    """The wait for audio counts from the moment somebody wants it."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(STARTED, b"\1\2", b"\3\4", ENDED)
        await peer.gone()

    async with fake_service(script) as service:
        audio = b""
        async for chunk in synthesize(service, "hello", VOICE, stall_timeout_s=0.02):
            audio += chunk
            await asyncio.sleep(0.04)
    assert audio == b"\1\2\3\4"


async def test_leaving_early_closes_the_socket() -> None:
    """A prompt that is not wanted any more stops the service's work."""
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(STARTED, b"\1\2")
        await peer.gone()
        gone.set()

    async with fake_service(script) as service:
        async with contextlib.aclosing(synthesize(service, "hello", VOICE)) as chunks:
            async for _ in chunks:
                break
        async with asyncio.timeout(2):
            await gone.wait()


async def test_a_synthesis_that_nobody_can_read() -> None:
    """A text frame that is no message ends it."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say("?")
        await peer.gone()

    async with fake_service(script) as service:
        with pytest.raises(SpeechProtocolError):
            await hear(service, [])
