"""What the vendor's clients do beside the documents, row by row of ``sis-protocol.md`` 14.1.

Row 9 (events go to ``on_event`` only) is the client's matter. The vendor's own code, as far as it
can be had, runs in ``tests/vendor``.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect

from ivr_agi.speech_server import pool
from tests.speech_server.fakes import loud, silence
from tests.speech_server.peers import rest

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from ivr_agi.speech_server.server import SpeechServer
    from tests.speech_server.conftest import Connect

HEARD = ["VOICE_START", "final anything", "VOICE_END"]
CAPTURED_START = (
    '{"command":"START","config":{"audio_format":"pcm16k16bit","property":"english_16k_common",'
    '"add_punc":"no","digit_norm":"yes","vad_head":10000,"vad_tail":500,"max_seconds":30,'
    '"interim_results":"no","vad_threshold":0,"need_word_info":"no"}}'
)


@pytest.mark.parametrize(("cancel", "reason"), [("false", "NORMAL"), ("true", "CANCEL")])
async def test_14_1_row_1_cancel_is_a_string(rasr: Connect, cancel: str, reason: str) -> None:
    """Read as the boolean it means."""
    async with rasr() as peer:
        await peer.start()
        await peer.send(command="END", cancel=cancel)
        assert await peer.names(1) == [f"END {reason}"]


@pytest.mark.parametrize("mode", ["short-stream", "sentence-stream", "continue-stream"])
async def test_14_1_row_2_start_has_all_fields(rasr: Connect, mode: str) -> None:
    """As captured, with ``vad_threshold``; ``user_words`` may be there."""
    async with rasr(f"/v1/p/rasr/{mode}") as peer:
        await peer.ws.send_str(CAPTURED_START)
        assert await peer.names(1) == ["START"]
        await peer.send(command="END", cancel="true")
        assert await peer.names(1) == ["END CANCEL"]
        answer = await peer.start(user_words=["a"], vad_threshold=0)
        assert answer["resp_type"] == "START"


async def test_14_1_row_3_synthesis_start(rtts: Connect) -> None:
    """Config before text, escapes for what is not ASCII, the rate as a string."""
    async with rtts() as peer:
        await peer.ws.send_str(
            '{"command": "START", "config": {"audio_format": "pcm", "sample_rate": "8000", '
            '"property": "chinese_xiaoyan_common"}, "text": "\\u4f60\\u597d"}'
        )
        assert await peer.names(2) == ["START", "END NORMAL"]
        assert peer.audio


async def test_14_1_row_4_headers(server: SpeechServer) -> None:
    """``content-length: 0``, Origin; no subprotocol is asked for and none given."""
    headers = {"content-length": "0", "Origin": "http://127.0.0.1"}
    url = server.url + "/v1/p/rasr/sentence-stream"
    async with connect(url, additional_headers=headers) as ws:
        assert ws.subprotocol is None
        await ws.send(CAPTURED_START)
        assert json.loads(await ws.recv())["resp_type"] == "START"


async def test_14_1_row_5_every_message_has_a_trace_id(rasr: Connect) -> None:
    """Also errors without a session, or its client breaks (the peer asserts it)."""
    async with rasr() as peer:
        await peer.ws.send_str("{")
        await peer.send(command="END")
        assert await peer.names(2) == ["ERROR SIS.0032", "END NORMAL"]
        assert (await peer.start(property="none"))["error_code"] == "SIS.0031"


def test_14_1_row_6_answers_come_in_time() -> None:
    """18 s for START and END: a worker that hangs is given up before."""
    assert pool.FINISH_TIMEOUT_S < 18


async def test_14_1_row_7_error_is_followed_by_end(rasr: Connect) -> None:
    """Only that lets the client START again."""
    async with rasr() as peer:
        await peer.start()
        await peer.ws.send_str("{")
        assert await peer.names(2) == ["ERROR SIS.0032", "END ERROR"]
        assert (await peer.start())["resp_type"] == "START"


async def test_14_1_row_7_synthesis_says_nothing_unknown(rtts: Connect) -> None:
    """RESULT would break the client: only with ``subtitle``."""
    async with rtts() as peer:
        await peer.send(command="START", text="one two")
        assert await peer.names(2) == ["START", "END NORMAL"]


async def test_14_1_row_8_old_clients_close_on_voice_end(rasr: Connect) -> None:
    """They have their words by then, send no END, and their place is free again."""
    for _ in range(5):  # there is room for two
        async with rasr() as peer:
            while (await peer.start())["resp_type"] != "START":  # noqa: ASYNC110  # no event here
                await asyncio.sleep(0.01)
            await peer.say(loud(300), silence(300))
            assert await peer.names(3) == HEARD


@pytest.mark.parametrize("tail", [1, 159, 3999])
async def test_14_1_row_10_faster_than_real_time_with_any_last_frame(
    rasr: Connect, tail: int
) -> None:
    """4000 bytes per 60 ms, and the remainder whatever its length."""
    async with rasr() as peer:
        await peer.start()
        await peer.say(silence(500), loud(500), silence(300), chunk=4000)
        await peer.ws.send_bytes(bytes(tail))
        await peer.send(command="END", cancel="false")
        assert await peer.names(4) == [*HEARD, "END NORMAL"]


async def test_14_1_row_11_token_url(server: SpeechServer, http: ClientSession) -> None:
    """A server that lets everybody in gives tokens, too."""
    async with http.post(rest(server.url) + "/v3/auth/tokens", json={"auth": {}}) as answer:
        assert answer.status == 201
        token = answer.headers["X-Subject-Token"]
    url = server.url + "/v1/p/rtts"
    async with http.ws_connect(url, headers={"X-Auth-Token": token}) as ws:
        await ws.close(code=1000)


async def test_14_1_row_12_ten_milliseconds_a_frame(rasr: Connect) -> None:
    """160 bytes each; on VOICE_END it sends END and closes without waiting."""
    async with rasr() as peer:
        await peer.start()
        await peer.say(silence(320), loud(300), silence(300), chunk=160)
        assert await peer.names(3) == HEARD
        await peer.send(command="END", cancel="false")
    async with rasr() as peer:
        assert (await peer.start())["resp_type"] == "START"
