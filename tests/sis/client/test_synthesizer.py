"""Synthesis over real sockets, with a service that misbehaves on request."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest

from ivr_agi.errors import (
    ConfigError,
    SpeechProtocolError,
    SpeechRejected,
    SpeechUnavailable,
)
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client.synthesizer import synthesize
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndResponse,
    ErrorResponse,
    FatalErrorResponse,
    StartResponse,
    SynthesisConfig,
)
from tests.patience import PATIENCE_S
from tests.sis.fake import (
    ENDED,
    STARTED,
    Peer,
    eventually,
    fake_service,
)

pytestmark = pytest.mark.virtual_time

VOICE = SynthesisConfig(property="english_cameal_common")
ERROR = ErrorResponse(trace_id="t1", error_code="SIS.0303", error_msg="engine")
FATAL = FatalErrorResponse(error_code="SIS.0304", error_msg="idle")


async def hear(
    endpoint: Endpoint, into: list[bytes], *, text: str = "hello", limit_s: float = 1.0
) -> None:
    """Put all audio of a synthesis into a list, with short deadlines."""
    speech = synthesize(
        endpoint, text, VOICE, first_audio_timeout_s=limit_s, stall_timeout_s=limit_s
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

    async with fake_service(script) as endpoint:
        pieces = [
            chunk async for chunk in synthesize(endpoint, "hello", VOICE, on_trace=traces.append)
        ]
    assert pieces == [b"\1\2", b"\3"]
    assert traces == ["t1"]
    assert codes == [1000]


async def test_every_log_line_has_the_trace(caplog: pytest.LogCaptureFixture) -> None:
    """From the START response on, also where later messages have none."""
    caplog.set_level(logging.DEBUG, "ivr_agi.sis")

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(STARTED, b"\1", '{"resp_type":"NEW"}', STARTED)
        await peer.say(ErrorResponse(error_code="SIS.0401", error_msg="engine"))
        await peer.gone()

    async with fake_service(script) as endpoint:
        with pytest.raises(SpeechRejected, match=r"\(trace t1\)$"):
            await hear(endpoint, [])
    lines = [record.getMessage() for record in caplog.records if record.name == "ivr_agi.sis"]
    (accepted,) = (at for at, line in enumerate(lines) if "starting -> started" in line)
    assert len(lines) >= accepted + 5
    assert [line for line in lines[accepted:] if not line.endswith("trace t1")] == []


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
    async with fake_service(script) as endpoint:
        with pytest.raises(SpeechRejected) as caught:
            await hear(endpoint, heard)
    assert heard == [b"\1\2"]
    assert caught.value.code == code


async def test_a_synthesis_cut_in_the_middle() -> None:
    """No END, no success."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(STARTED, b"\1\2")
        peer.cut()

    async with fake_service(script) as endpoint:
        with pytest.raises(SpeechUnavailable, match="the connection broke"):
            await hear(endpoint, [])


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ([], r"no audio within 0\.03 s of START"),
        ([STARTED], r"no audio within 0\.03 s of START"),
        ([STARTED, b"\1\2"], r"audio 0\.03 s late, and no END"),
    ],
)
async def test_a_synthesis_that_stalls(said: list[StartResponse | bytes], text: str) -> None:
    """Silence of the service has a limit at every step."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(*said)
        await peer.gone()

    async with fake_service(script) as endpoint:
        with pytest.raises(SpeechUnavailable, match=text):
            await hear(endpoint, [], limit_s=0.03)


async def test_talk_without_audio_is_a_stall() -> None:
    """Messages that say nothing do not prolong the wait."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(STARTED, b"\1\2")
        with contextlib.suppress(Exception):
            while True:
                await peer.say('{"resp_type":"HUM"}')
                await asyncio.sleep(0.005)

    async with fake_service(script) as endpoint:
        with pytest.raises(SpeechUnavailable, match="late, and no END"):
            await hear(endpoint, [], limit_s=0.05)


async def test_a_slow_consumer_is_not_a_stall() -> None:
    """The wait for audio counts from the moment somebody wants it."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say(STARTED, b"\1\2", b"\3\4", ENDED)
        await peer.gone()

    async with fake_service(script) as endpoint:
        audio = b""
        async for chunk in synthesize(endpoint, "hello", VOICE, stall_timeout_s=0.02):
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

    async with fake_service(script) as endpoint:
        async with contextlib.aclosing(synthesize(endpoint, "hello", VOICE)) as chunks:
            async for _ in chunks:
                break
        async with asyncio.timeout(PATIENCE_S):
            await gone.wait()


async def test_a_synthesis_that_nobody_can_read() -> None:
    """A text frame that is no message ends it."""

    async def script(peer: Peer) -> None:
        await peer.text()
        await peer.say("?")
        await peer.gone()

    async with fake_service(script) as endpoint:
        with pytest.raises(SpeechProtocolError):
            await hear(endpoint, [])


LONG = "This is a sentence of forty characters. " * 30
"""Three texts for a voice that takes 499 characters."""


async def test_a_long_text_is_one_stream() -> None:
    """Each piece on its own socket; the next START comes before the end of the one before."""
    order: list[str] = []
    next_started = [asyncio.Event() for _ in range(4)]
    traces: list[str] = []

    async def script(peer: Peer) -> None:
        number = len([entry for entry in order if entry.startswith("START")])
        request = await peer.text()
        assert len(request.text) <= 499
        order.append(f"START {number}")
        next_started[number].set()
        await peer.say(StartResponse(trace_id=f"t{number}"), bytes([number]) * 320)
        if number < 2:
            await next_started[number + 1].wait()
        order.append(f"END {number}")
        await peer.say(bytes([number]) * 160, EndResponse(trace_id=f"t{number}"))
        await peer.gone()

    async with fake_service(script) as endpoint:
        speech = synthesize(endpoint, LONG, VOICE, on_trace=traces.append)
        audio = b"".join([chunk async for chunk in speech])
    assert audio == b"".join(bytes([number]) * 480 for number in range(3))
    assert sorted(order) == ["END 0", "END 1", "END 2", "START 0", "START 1", "START 2"]
    assert order.index("START 1") < order.index("END 0")
    assert order.index("START 2") < order.index("END 1")
    assert traces == ["t0", "t1", "t2"]


async def test_a_later_piece_may_fail() -> None:
    """What it gave before is heard, then its error comes."""
    n_started = 0

    async def script(peer: Peer) -> None:
        nonlocal n_started
        n_started += 1
        is_second = n_started == 2
        await peer.text()
        await peer.say(STARTED, b"\1" * 16, ERROR if is_second else ENDED)
        await peer.gone()

    chunks: list[bytes] = []
    async with fake_service(script) as endpoint:
        with pytest.raises(SpeechRejected, match="SIS.0303"):
            await hear(endpoint, chunks, text=LONG)
    assert chunks == [b"\1" * 16] * 2


async def test_leaving_early_closes_the_next_piece_too() -> None:
    """No socket is left behind."""
    peers: list[Peer] = []

    async def script(peer: Peer) -> None:
        peers.append(peer)
        await peer.text()
        await peer.say(STARTED, b"\1" * 16)
        await peer.gone()

    async with fake_service(script) as endpoint:
        async with contextlib.aclosing(synthesize(endpoint, LONG, VOICE)) as chunks:
            assert await anext(chunks) == b"\1" * 16
            reading = asyncio.ensure_future(anext(chunks))
            await eventually(lambda: len(peers) == 2)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        await eventually(lambda: all(peer.socket.close_code is not None for peer in peers))


async def test_wrong_markup_is_never_sent() -> None:
    """SSML is checked before a socket is opened (11)."""
    nobody = Endpoint(url="ws://127.0.0.1:9", project_id="p")
    with pytest.raises(ConfigError, match="takes no SSML"):
        await anext(synthesize(nobody, "<speak>x</speak>", VOICE))
