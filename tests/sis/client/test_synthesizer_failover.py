"""Synthesis that goes to another endpoint before it has begun."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncGenerator

import pytest

from ivr_agi.errors import SpeechUnavailable
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.sis.client.synthesizer import synthesize_somewhere
from ivr_agi.sis.wire.messages import SynthesisConfig
from tests.sis.fake import ENDED, STARTED, Peer, fake_service


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
    await peer.say(STARTED, b"\2\2")
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
    assert heard == [b"\2\2"]


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
