"""Callers that load a speech server: what they measure, and of what they take notice."""

from __future__ import annotations

import time

import pytest
from websockets.exceptions import ConnectionClosed

from ivr_agi.bench.signals import ACCOUNT_BALANCE
from ivr_agi.bench.sis_callers import Measured, keep_talking, stay_silent
from ivr_agi.sis.wire.messages import (
    EndResponse,
    ErrorResponse,
    EventResponse,
    RecognitionConfig,
    StartResponse,
    encode,
)
from tests.sis.fake import Peer, fake_service, result

CONFIG = RecognitionConfig(audio_format="pcm8k16bit", property="english_8k_common")


async def test_a_sentence_and_one_that_is_not_understood() -> None:
    """What comes of each is counted; interim events and late messages are none of it."""

    async def serve(peer: Peer) -> None:
        for text in ("account balance", ""):
            await peer.socket.recv()
            await peer.socket.send(encode(StartResponse(trace_id="t")))
            assert isinstance(await peer.socket.recv(), bytes)
            for message in (
                EventResponse(trace_id="t", event="VOICE_START"),
                *([result(text)] if text else []),
                EventResponse(trace_id="t", event="VOICE_END", timestamp=0),
            ):
                await peer.socket.send(encode(message))
            while isinstance(await peer.socket.recv(), bytes):
                pass
            await peer.socket.send(encode(result("late")))
            await peer.socket.send(encode(EndResponse(trace_id="t")))
        await peer.socket.close()

    found = Measured()
    async with fake_service(serve) as service:
        with pytest.raises(ConnectionClosed):  # it has had enough after two
            await keep_talking(
                service, CONFIG, "account balance", ACCOUNT_BALANCE, float("inf"), found
            )
    assert (found.right, found.wrong) == (1, 1)
    assert len(found.onset_to_voice_start) == 2
    assert len(found.tail_to_result) == 1


async def test_a_server_that_refuses() -> None:
    """It is told what came."""

    async def serve(peer: Peer) -> None:
        await peer.socket.recv()
        error = ErrorResponse(trace_id="t", error_code="SIS.0303", error_msg="full")
        await peer.socket.send(encode(error))
        await peer.socket.wait_closed()

    async with fake_service(serve) as service:
        with pytest.raises(RuntimeError, match="START was answered by"):
            await stay_silent(service, CONFIG, time.monotonic() + 1, Measured())


async def test_silence_measures_the_lag() -> None:
    """A ping behind each fifth chunk, until its time is over."""
    seen: list[bool] = []

    async def serve(peer: Peer) -> None:
        await peer.socket.recv()
        await peer.socket.send(encode(StartResponse(trace_id="t")))
        seen.extend([isinstance(message, bytes) async for message in peer.socket])

    found = Measured()
    async with fake_service(serve) as service:
        await stay_silent(service, CONFIG, time.monotonic() + 0.5, found)
    assert found.lag
    assert seen[-1] is False  # END
    assert all(seen[:-1])
