"""Synthesis that goes to another endpoint before it has begun."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncGenerator
from http import HTTPStatus

import pytest
from websockets.exceptions import ConnectionClosed

from ivr_agi.errors import SpeechError, SpeechRejected, SpeechUnavailable
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.sis.client.synthesizer import synthesize_somewhere
from ivr_agi.sis.session.synthesis import FIRST_AUDIO_S
from ivr_agi.sis.wire.messages import SynthesisConfig
from tests.sis.fake import ENDED, STARTED, Peer, fake_service

HEARD = b"\2\2" * 800
"""100 ms: the caller has heard something."""


async def collect(chunks: AsyncGenerator[bytes], into: list[bytes]) -> None:
    """Keep what comes before an error."""
    async for chunk in chunks:
        into.append(chunk)  # noqa: PERF401  # a comprehension would lose it


async def speak(peer: Peer) -> None:
    """Say it all."""
    await peer.text()
    await peer.say(STARTED, b"\1\1", ENDED)
    await peer.gone()


async def break_off(peer: Peer) -> None:
    """Say the beginning."""
    await peer.text()
    await peer.say(STARTED, HEARD)
    await asyncio.sleep(0.1)
    peer.cut()


async def cut(peer: Peer) -> None:
    """Say nothing."""
    await peer.text()
    peer.cut()


async def stay_silent(peer: Peer) -> None:
    """Accept, and then nothing."""
    await peer.text()
    await peer.say(STARTED)
    await peer.gone()


@pytest.mark.parametrize("broken", [cut, stay_silent])
async def test_synthesis_goes_elsewhere(broken) -> None:  # type: ignore[no-untyped-def]
    """Before its first audio; a slow endpoint counts as failed."""
    async with fake_service(broken) as first, fake_service(speak) as second:
        first = dataclasses.replace(first, answer_timeout_s=0.1)
        endpoints = Endpoints([first, second])
        async with contextlib.aclosing(
            synthesize_somewhere(endpoints, "x", SynthesisConfig())
        ) as chunks:
            assert b"".join([chunk async for chunk in chunks]) == b"\1\1"
        assert endpoints.in_use is second


async def test_synthesis_tells_the_trace_of_every_try() -> None:
    """Also of the one that failed: the vendor asks for it."""
    traces: list[str] = []
    async with fake_service(stay_silent) as first, fake_service(speak) as second:
        first = dataclasses.replace(first, answer_timeout_s=0.1)
        chunks = synthesize_somewhere(
            Endpoints([first, second]), "x", SynthesisConfig(), on_trace=traces.append
        )
        assert [chunk async for chunk in chunks] == [b"\1\1"]
    assert traces == ["t1", "t1"]


async def test_synthesis_does_not_change_voices() -> None:
    """After its first audio a failure is one."""
    async with fake_service(break_off) as first, fake_service(speak) as second:
        chunks = synthesize_somewhere(Endpoints([first, second]), "x", SynthesisConfig())
        heard: list[bytes] = []
        with pytest.raises(SpeechUnavailable):
            await collect(chunks, heard)
    assert heard == [HEARD]


async def test_synthesis_tries_again_where_there_is_only_one() -> None:
    """A passing fault passes."""
    n_asked = 0

    async def script(peer: Peer) -> None:
        nonlocal n_asked
        n_asked += 1
        await (cut if n_asked == 1 else speak)(peer)

    async with fake_service(script) as endpoint:
        chunks = synthesize_somewhere(Endpoints([endpoint]), "x", SynthesisConfig())
        assert [chunk async for chunk in chunks] == [b"\1\1"]


async def test_synthesis_with_nobody_left() -> None:
    """The last endpoint's error."""
    async with fake_service(cut) as first, fake_service(cut) as second:
        chunks = synthesize_somewhere(Endpoints([first, second]), "x", SynthesisConfig())
        with pytest.raises(SpeechUnavailable) as caught:
            await collect(chunks, [])
    assert caught.value.retryable


async def trickle(peer: Peer) -> None:
    """A thousandth of the speed of speech."""
    with contextlib.suppress(ConnectionClosed):
        await peer.text()
        await peer.say(STARTED)
        while True:
            await peer.say(bytes(16))
            await asyncio.sleep(1)


async def send_half_a_chunk(peer: Peer) -> None:
    """Less than anybody hears, and then nothing."""
    await peer.text()
    await peer.say(STARTED, bytes(400))
    await peer.gone()


async def accept(peer: Peer) -> None:
    """Not even an answer."""
    await peer.text()
    await peer.gone()


@pytest.mark.virtual_time
@pytest.mark.parametrize("broken", [stay_silent, trickle, send_half_a_chunk, accept])
async def test_all_tries_have_one_limit(broken) -> None:  # type: ignore[no-untyped-def]
    """However many endpoints there are, and whatever they send."""
    for n_endpoints in (1, 3):
        began_at = asyncio.get_running_loop().time()
        async with contextlib.AsyncExitStack() as stack:
            endpoints = [
                await stack.enter_async_context(fake_service(broken, answer_timeout_s=5.0))
                for _ in range(n_endpoints)
            ]
            chunks = synthesize_somewhere(Endpoints(endpoints), "x", SynthesisConfig())
            with pytest.raises(SpeechUnavailable):
                await collect(chunks, [])
            seconds = asyncio.get_running_loop().time() - began_at
        assert seconds <= FIRST_AUDIO_S + 0.3


@pytest.mark.virtual_time
@pytest.mark.parametrize("broken", [stay_silent, trickle, send_half_a_chunk, accept])
async def test_what_nobody_heard_goes_elsewhere(broken) -> None:  # type: ignore[no-untyped-def]
    """Less than 100 ms is no beginning, and each endpoint has its share of the time."""
    began_at = asyncio.get_running_loop().time()
    async with fake_service(broken) as first, fake_service(speak) as second:
        chunks = synthesize_somewhere(Endpoints([first, second]), "x", SynthesisConfig())
        assert b"".join([chunk async for chunk in chunks]) == b"\1\1"
        seconds = asyncio.get_running_loop().time() - began_at
    assert seconds <= FIRST_AUDIO_S / 2 + 0.3


@pytest.mark.virtual_time
@pytest.mark.parametrize(("asked", "n_asked"), [("2", 2), ("60", 1)])
async def test_a_refusal_that_says_when(asked: str, n_asked: int) -> None:
    """`Retry-After` is kept within the deadline: not sooner, and not at all if it is too late."""
    refusal = (HTTPStatus.SERVICE_UNAVAILABLE, "{}", {"Retry-After": asked})
    times: list[float] = []
    async with fake_service(speak, refusal=refusal) as endpoint:
        endpoints = Endpoints([endpoint])
        failed = endpoints.failed

        def note(which: Endpoint, error: SpeechError) -> bool:
            times.append(asyncio.get_running_loop().time())
            return failed(which, error)

        endpoints.failed = note  # type: ignore[method-assign, assignment]  # counts the tries
        with pytest.raises(SpeechRejected):
            await collect(synthesize_somewhere(endpoints, "x", SynthesisConfig()), [])
    assert len(times) == n_asked
    if asked == "2":
        assert times[1] - times[0] >= 2.0
