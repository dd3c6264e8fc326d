"""Text that arrives in pieces, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest

from ivr_agi.errors import SpeechRejected, SpeechUnavailable
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.sis.client.streaming import (
    HeardText,
    speak_by_sentence,
    stream_somewhere,
    synthesize_pieces,
)
from ivr_agi.sis.wire.messages import ErrorResponse, SynthesisConfig
from tests.sis.fake import ENDED, STARTED, Peer, fake_service

pytestmark = pytest.mark.virtual_time

VOICE = SynthesisConfig(property="chinese_huaxiaoli_common")
PIECES = ("你好，", "今天天气很好。", "再见。")


async def written(*pieces: str, pause_s: float = 0.0) -> AsyncIterator[str]:
    """Text as somebody writes it."""
    for piece in pieces:
        await asyncio.sleep(pause_s)
        yield piece


async def command(peer: Peer) -> dict[str, str]:
    """The next message."""
    found: dict[str, str] = json.loads(await peer.socket.recv())
    return found


async def read_all(peer: Peer) -> str:
    """START, all text, END: as the service reads it."""
    assert peer.path.endswith("/vcs/voices/clone")
    assert (await command(peer))["command"] == "START"
    await peer.say(STARTED)
    text = ""
    while (message := await command(peer))["command"] == "MSG":
        text += message["text"]
    assert message["command"] == "END"
    return text


async def speaks(peer: Peer) -> None:
    """A service that answers each message with as many bytes as it has characters."""
    assert (await command(peer))["command"] == "START"
    await peer.say(STARTED)
    while (message := await command(peer))["command"] == "MSG":
        await peer.say(bytes(2 * len(message["text"])))
    await peer.say(ENDED)
    await peer.socket.wait_closed()


async def test_text_is_spoken_while_it_arrives() -> None:
    """The first audio is there long before the last text."""
    times: list[float] = []
    now = asyncio.get_running_loop().time
    async with fake_service(speaks) as service:
        began = now()
        speech = synthesize_pieces(service, written(*PIECES, pause_s=1.0), VOICE)
        async with contextlib.aclosing(speech):
            async for _ in speech:
                times.append(now() - began)  # noqa: PERF401  # when, not what
    assert [round(time) for time in times] == [1, 2, 3]


async def test_a_service_that_owes_audio() -> None:
    """It has its time from the first text on, however slowly the text comes."""

    async def mute(peer: Peer) -> None:
        await command(peer)
        await peer.say(STARTED)
        await peer.socket.wait_closed()

    async with fake_service(mute, answer_timeout_s=2.0) as service:
        now = asyncio.get_running_loop().time
        began = now()
        with pytest.raises(SpeechUnavailable, match="no audio within 2 s"):
            async for _ in synthesize_pieces(service, written("你", "好", pause_s=1.5), VOICE):
                pass
        assert now() - began == pytest.approx(3.5, abs=0.2)


async def test_a_socket_that_breaks() -> None:
    """Whoever waits hears of it."""

    async def cut(peer: Peer) -> None:
        await command(peer)
        await peer.say(STARTED)
        peer.cut()

    async with fake_service(cut) as service:
        with pytest.raises(SpeechUnavailable):
            async for _ in synthesize_pieces(service, written("你好。"), VOICE):
                pass


async def test_leaving_early_closes_the_socket() -> None:
    """The text is not waited for any more."""
    gone: list[bool] = []

    async def script(peer: Peer) -> None:
        await command(peer)
        await peer.say(STARTED)
        await command(peer)
        await peer.say(bytes(10))
        await peer.socket.wait_closed()
        gone.append(True)

    async with fake_service(script) as service:
        speech = synthesize_pieces(service, written("你", *("好" * 99), pause_s=0.1), VOICE)
        assert await anext(speech) == bytes(10)
        await speech.aclose()
    assert gone == [True]


async def test_the_next_endpoint_reads_it_from_the_beginning() -> None:
    """Until the first audio, another endpoint may speak it."""
    texts: list[str] = []

    async def refuses(peer: Peer) -> None:
        await command(peer)
        await peer.say(STARTED)
        await command(peer)
        await peer.say(ErrorResponse(error_code="SIS.0401", error_msg="engine"))
        await peer.socket.wait_closed()

    async def works(peer: Peer) -> None:
        texts.append(await read_all(peer))
        await peer.say(bytes(20), ENDED)
        await peer.socket.wait_closed()

    async with fake_service(refuses) as first, fake_service(works) as second:
        endpoints = Endpoints([first, second], work="streaming")
        text = HeardText(written(*PIECES, pause_s=0.5))
        heard = [audio async for audio in stream_somewhere(endpoints, text, VOICE)]
        assert endpoints.in_use is second
    assert heard == [bytes(20)]
    assert texts == ["".join(PIECES)]


async def test_after_the_first_audio_nobody_else_goes_on() -> None:
    """The caller has heard that voice."""

    async def fails(peer: Peer) -> None:
        await command(peer)
        await peer.say(STARTED)
        await command(peer)
        await peer.say(bytes(20), ErrorResponse(error_code="SIS.0401", error_msg="engine"))
        await peer.socket.wait_closed()

    async with fake_service(fails) as first:
        other = Endpoint("ws://127.0.0.1:1", "p")
        text = HeardText(written("你好。"))
        with pytest.raises(SpeechRejected):
            async for _ in stream_somewhere(Endpoints([first, other]), text, VOICE):
                pass


async def test_any_voice_speaks_by_sentence() -> None:
    """Each sentence is a synthesis, spoken while the next is still written."""
    said: list[str] = []

    async def script(peer: Peer) -> None:
        said.append((await peer.text()).text)
        await peer.say(STARTED, bytes(3200), ENDED)
        await peer.socket.wait_closed()

    plain = SynthesisConfig(property="chinese_xiaoyan_common")
    async with fake_service(script) as service:
        pieces = written("你好", "。今天", "是 3", ".50 元。", "再见", pause_s=0.1)
        speech = speak_by_sentence(Endpoints([service]), pieces, plain)
        heard = b"".join([audio async for audio in speech])
    assert said == ["你好。", "今天是 3.50 元。", "再见"]
    assert len(heard) == 3 * 3200


async def test_heard_text_outlives_its_readers() -> None:
    """A reader that is cancelled loses nothing; closing ends the writer."""
    closed: list[bool] = []

    async def writes() -> AsyncIterator[str]:
        try:
            yield "a"
            await asyncio.sleep(1)
            yield ""
            yield "b"
            await asyncio.sleep(1000)
        finally:
            closed.append(True)

    text = HeardText(writes())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            assert not await text.has(1)
    assert await text.has(1)
    waiting = asyncio.create_task(text.has(2))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await text.aclose()
    assert closed == [True]
    assert [piece async for piece in text] == ["a", "b"]
