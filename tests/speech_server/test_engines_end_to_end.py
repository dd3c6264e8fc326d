"""The whole server with its real engines.

espeak never speaks twice alike: what is recognised here is recorded, or flite's.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soxr

from ivr_agi.audio.levels import is_audible
from ivr_agi.speech_server.server import SpeechServer
from tests.patience import PATIENCE_S
from tests.speech_server.engines.spoken import flite, needs_flite, on_the_line, onset_ms, recorded
from tests.speech_server.peers import Peer, make_table, name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import ClientSession

pytestmark = pytest.mark.engine

MENU = ("Representative", "Technical Support", "Operator", "account balance")


def patient_server(region: str = "") -> SpeechServer:
    """A server as the command line starts it, but with patience."""
    return SpeechServer(
        workers=1,
        idle_timeout_s=PATIENCE_S,
        words_within_s=PATIENCE_S,
        finish_timeout_s=PATIENCE_S,
        region=region,
    )


@pytest.fixture
async def real() -> AsyncIterator[SpeechServer]:
    """A server of no region."""
    async with patient_server() as server:
        yield server


async def test_it_speaks(real: SpeechServer, http: ClientSession) -> None:
    """Synthesis over the socket, s16le 8 kHz, and nothing else but START and END."""
    async with http.ws_connect(real.url + "/v1/p/rtts") as ws:
        peer = Peer(ws)
        config = {"property": "english_cameal_common"}
        await peer.send(command="START", text="account balance", config=config)
        assert await peer.names(2) == ["START", "END NORMAL"]
        assert len(peer.audio) > 16 * 600
        assert is_audible(peer.audio)


@pytest.mark.parametrize("phrase", ["Technical Support", "account balance"])
async def test_it_understands(real: SpeechServer, http: ClientSession, phrase: str) -> None:
    """A recorded voice, sent faster than real time, recognised in the list's spelling."""
    table = await make_table(http, real.url, *MENU)
    speech = await asyncio.to_thread(recorded, phrase.lower().replace(" ", "_"))
    async with http.ws_connect(real.url + "/v1/p/rasr/sentence-stream") as ws:
        peer = Peer(ws)
        assert (await peer.start(vocabulary_id=table, vad_tail=500))["resp_type"] == "START"
        await peer.say(on_the_line(speech))
        assert await peer.names(3) == ["VOICE_START", f"final {phrase}", "VOICE_END"]


async def test_a_region_hears_phrases_of_single_words(http: ClientSession) -> None:
    """An English table of the cloud has no blanks: who says a phrase says words of it in a row."""
    speech = await asyncio.to_thread(recorded, "account_balance")
    samples = np.frombuffer(on_the_line(speech), "<i2").astype(np.float32)
    wide = soxr.resample(samples, 8000, 16000).clip(-32768, 32767).astype("<i2").tobytes()
    words = ("ACCOUNT", "BALANCE", "TECHNICAL", "SUPPORT")
    async with patient_server(region="ap-southeast-3") as server:
        table = await make_table(http, server.url, *words, language="english")
        async with http.ws_connect(server.url + "/v1/p/rasr/sentence-stream") as ws:
            peer = Peer(ws)
            model = {"audio_format": "pcm16k16bit", "property": "english_16k_general"}
            assert (await peer.start(vocabulary_id=table, **model))["resp_type"] == "START"
            await peer.say(wide, chunk=1280)
            heard = await peer.names(3)
    assert heard == ["VOICE_START", "final ACCOUNT BALANCE", "VOICE_END"]


@needs_flite
async def test_no_later_audio_is_needed(real: SpeechServer, http: ClientSession) -> None:
    """VOICE_START comes of the first 160 ms of a voice, the words of the audio up to the tail."""
    table = await make_table(http, real.url, *MENU)
    speech = flite("operator")
    pcm = on_the_line(speech, before_ms=600, after_ms=700)
    onset_s = 0.6 + onset_ms(speech) / 1000
    async with http.ws_connect(real.url + "/v1/p/rasr/sentence-stream") as ws:
        peer = Peer(ws)
        await peer.start(vocabulary_id=table, vad_tail=300)
        sent = round((onset_s + 0.16) * 16000) // 320 * 320
        await peer.say(pcm[:sent], chunk=320)
        assert name(await peer.receive()) == "VOICE_START"  # nothing more is sent until it comes
        ended_s = (600 + len(speech) / 16 + 300) / 1000
        until = round((ended_s + 0.16) * 16000) // 320 * 320
        await peer.say(pcm[sent:until], chunk=320)
        told = {name(answer := await peer.receive()): answer for _ in range(2)}
        assert told.keys() == {"final Operator", "VOICE_END"}
        assert told["VOICE_END"]["timestamp"] / 1000 <= ended_s + 0.16


TRIES = 10


@needs_flite
async def test_latency(real: SpeechServer, http: ClientSession) -> None:
    """In real time: VOICE_START within 160 ms of the onset, the words 300 ms after the tail.

    So it is whenever the machine lets it: a wait of our own would be there in each try.
    """
    table = await make_table(http, real.url, *MENU)
    tried = []
    for _ in range(TRIES):
        tried.append(await latencies_s(real, http, table))
        start_s, words_s = tried[-1]
        if 0 < start_s < 0.16 and words_s < 0.3:
            return
    pytest.fail(f"VOICE_START and words after seconds: {tried}")


async def latencies_s(real: SpeechServer, http: ClientSession, table: str) -> tuple[float, float]:
    """Seconds from the onset to VOICE_START, and from the tail to the words."""
    speech = flite("operator")
    pcm = on_the_line(speech, before_ms=600, after_ms=700)
    onset_s = 0.6 + onset_ms(speech) / 1000
    heard: dict[str, float] = {}
    async with http.ws_connect(real.url + "/v1/p/rasr/sentence-stream") as ws:
        peer = Peer(ws)
        await peer.start(vocabulary_id=table, vad_tail=300)
        began = time.monotonic()

        async def stream() -> None:
            for at in range(0, len(pcm), 320):
                await asyncio.sleep(max(0.0, began + (at + 320) / 16000 - time.monotonic()))
                await ws.send_bytes(pcm[at : at + 320])

        streaming = asyncio.create_task(stream())
        while "VOICE_END" not in heard:
            answer = await peer.receive()
            heard[name(answer)] = time.monotonic() - began
            ended_s = answer.get("timestamp", 0) / 1000
        await streaming
    return heard["VOICE_START"] - onset_s, heard["final Operator"] - ended_s
