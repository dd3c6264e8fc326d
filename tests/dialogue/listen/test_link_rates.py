"""Audio at the model's rate: what reaches a model of 16 kHz, also after a fail-over."""

from __future__ import annotations

import asyncio

import msgspec
import numpy as np
import pytest

from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.audio.wideband import HALF_TAPS
from ivr_agi.sis.wire.events import RecognitionStarted, Transcribed
from tests.dialogue.desk import finish
from tests.dialogue.links import CONFIG, open_lines, open_link
from tests.sis.fake import STARTED, Peer, fake_service, result

pytestmark = pytest.mark.virtual_time

WIDE = msgspec.structs.replace(CONFIG, audio_format="pcm16k16bit", property="english_16k_general")
N_FRAMES = 20


def spoken(number: int) -> bytes:
    """A frame of a voice: a tone that goes on from frame to frame."""
    at = np.arange(number * 160, (number + 1) * 160)
    return bytes((8000 * np.sin(at * 0.3)).astype("<i2").tobytes())


def narrow(wide: bytes) -> bytes:
    """The line's own samples in what arrived: every other one, late by the filter."""
    late = 2 * HALF_TAPS
    return bytes(np.frombuffer(wide, "<i2")[::2].tobytes()[late:])


async def test_a_model_of_16_khz_hears_the_line() -> None:
    """Twice the samples, of which every other one is the caller's own, in whole messages."""
    said = b"".join(map(spoken, range(N_FRAMES)))
    heard: list[bytes] = []

    async def script(peer: Peer) -> None:
        assert (await peer.start()).audio_format == "pcm16k16bit"
        await peer.say(STARTED)
        await peer.hear(2 * len(said))
        heard.append(bytes(peer.audio))
        assert all(size % (2 * FRAME_BYTES) == 0 for size in peer.frame_sizes)
        await finish(peer)

    async with fake_service(script) as service:
        link, listener = open_link(service)
        link.start(WIDE, listener, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        for number in range(N_FRAMES):
            link.feed(spoken(number))
        link.end(cancel=False)
        await asyncio.sleep(0.5)
        await link.close()
    (wide,) = heard
    assert len(wide) == 2 * len(said)
    assert narrow(wide) == said[: len(narrow(wide))]


async def test_the_next_endpoint_hears_all_of_it_again() -> None:
    """From the first sample on, without what the filter still had of the other."""
    said = b"".join(map(spoken, range(N_FRAMES)))
    heard: list[bytes] = []

    async def dies(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.hear(len(said))
        peer.cut()

    async def lives(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.hear(2 * len(said))
        heard.append(bytes(peer.audio))
        await finish(peer)

    async with fake_service(dies) as first, fake_service(lives) as second:
        link, listener, _ = open_lines(first, second)
        link.start(WIDE, listener, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        for number in range(N_FRAMES):
            link.feed(spoken(number))
            await asyncio.sleep(0.02)
        link.end(cancel=False)
        await asyncio.sleep(1.0)
        await link.close()
    (wide,) = heard
    assert narrow(wide) == said[: len(narrow(wide))]


@pytest.mark.parametrize("has_scores", [True, False])
async def test_a_score_that_means_nothing_does_not_count(has_scores: bool) -> None:
    """The vendor: do not rely on it. The journal has it all the same."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, result("yes", score=0.1))
        await finish(peer)

    async with fake_service(script) as service:
        object.__setattr__(service, "has_scores", has_scores)
        link, listener, events = open_lines(service)
        link.start(CONFIG, listener, chunk_ms=40)
        heard = await listener.wait_for(Transcribed)
        link.end(cancel=True)
        await asyncio.sleep(0.1)
        await link.close()
    assert heard.score == (0.1 if has_scores else None)
    assert [event.data["score"] for event in events if event.event == "result"] == [0.1]
