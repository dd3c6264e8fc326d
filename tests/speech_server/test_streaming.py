"""Streaming synthesis over a real WebSocket (sis-protocol.md 16)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from ivr_agi.speech_server.server import SpeechServer
from tests.patience import PATIENCE_S
from tests.speech_server.fakes import LevelVad, ListRecognizer, ToneVoice
from tests.speech_server.peers import Peer

if TYPE_CHECKING:
    from tests.speech_server.conftest import Connect

VOICE = {"voice_name": "chinese_huaxiaoli_common", "sample_rate": "8000"}
PATH = "/v1/p/vcs/voices/clone"


@pytest.fixture
def stream(server: SpeechServer, http: ClientSession) -> Connect:
    """Opens a socket."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Peer]:
        async with http.ws_connect(server.url + PATH) as ws:
            yield Peer(ws)

    return connect


async def test_a_sentence_is_spoken_before_the_next_is_there(stream: Connect) -> None:
    """Audio of the first comes while the stream is open; END NORMAL after the rest."""
    async with stream() as peer:
        await peer.send(command="START", config=VOICE)
        assert (await peer.receive())["resp_type"] == "START"
        await peer.send(command="MSG", text="One two. Thr")
        message = await peer.ws.receive(timeout=PATIENCE_S)
        assert len(message.data) > 100
        await peer.send(command="MSG", text="ee")
        await peer.send(command="END")
        assert await peer.names(1) == ["END NORMAL"]
        assert len(peer.audio) + len(message.data) == pytest.approx(0.3 * 16000, rel=0.1)


@pytest.mark.parametrize(("rate", "hz"), [("16kHz", 16000), ("24000", 24000)])
async def test_only_one_text(stream: Connect, rate: str, hz: int) -> None:
    """It comes with START."""
    async with stream() as peer:
        config = {**VOICE, "sample_rate": rate}
        await peer.send(command="START", config=config, text_pieces="ONLY", text="one two")
        assert await peer.names(2) == ["START", "END NORMAL"]
        assert len(peer.audio) == pytest.approx(0.2 * 2 * hz, rel=0.05)


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"voice_name": "klingon_worf_common"}, "SIS.0411"),
        ({**VOICE, "sample_rate": "11025"}, "SIS.0402"),
        ({**VOICE, "audio_format": "mp3"}, "SIS.0410"),
        ({**VOICE, "audio_format": "flac"}, "SIS.0410"),
        ({**VOICE, "volume": 101}, "SIS.0415"),
        ({}, "SIS.0415"),
    ],
)
async def test_a_start_that_cannot_be(
    stream: Connect, config: dict[str, object], code: str
) -> None:
    """ERROR alone; the next START may be right."""
    async with stream() as peer:
        await peer.send(command="START", config=config)
        assert await peer.names(1) == [f"ERROR {code}"]
        await peer.send(command="START", config=VOICE)
        assert await peer.names(1) == ["START"]


async def test_the_order(stream: Connect) -> None:
    """START first, and once: what comes otherwise is an error, and ends a stream that runs."""
    async with stream() as peer:
        await peer.send(command="MSG", text="x")
        assert await peer.names(1) == ["ERROR SIS.0032"]
        await peer.send(command="START", config=VOICE)
        await peer.send(command="START", config=VOICE)
        assert await peer.names(3) == ["START", "ERROR SIS.0418", "END ERROR"]


async def test_too_long_a_text(stream: Connect) -> None:
    """300 characters a message."""
    async with stream() as peer:
        await peer.send(command="START", config=VOICE)
        await peer.send(command="MSG", text="x" * 301)
        assert await peer.names(3) == ["START", "ERROR SIS.0415", "END ERROR"]


async def test_a_voice_that_fails(stream: Connect) -> None:
    """The stream ends with an error."""
    async with stream() as peer:
        await peer.send(command="START", config=VOICE, text_pieces="ONLY", text="BROKEN")
        assert await peer.names(3) == ["START", "ERROR SIS.0401", "END ERROR"]


@pytest.mark.parametrize("idle_timeout_s", [0.2])
async def test_nobody_speaks(stream: Connect, idle_timeout_s: float) -> None:
    """Before START, and after it."""
    async with stream() as peer:
        assert await peer.names(1) == ["FATAL_ERROR SIS.0416"]
    async with stream() as peer:
        await peer.send(command="START", config=VOICE)
        assert await peer.names(2) == ["START", "FATAL_ERROR SIS.0304"]


async def test_more_than_the_account_has(stream: Connect) -> None:
    """Two at once, here; one that is over makes room."""
    async with stream() as one, stream() as two, stream() as three:
        for peer in (one, two, three):
            await peer.send(command="START", config=VOICE)
        assert await one.names(1) == await two.names(1) == ["START"]
        assert await three.names(1) == ["ERROR SIS.0312"]


@pytest.mark.parametrize(
    ("region", "status"), [("cn-east-3", 101), ("cn-north-4", 404), ("ap-southeast-3", 404)]
)
async def test_it_is_in_shanghai_only(http: ClientSession, region: str, status: int) -> None:
    """A server that behaves like another region has no such path."""
    server = SpeechServer(
        vad=LevelVad(), recognizer=ListRecognizer(), voice=ToneVoice(), workers=1, region=region
    )
    async with server:
        asked = http.get("http" + server.url.removeprefix("ws") + PATH)
        async with asked as answer:
            assert (answer.status == 404) is (status == 404)
