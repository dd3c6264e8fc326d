"""A service that keeps the caller waiting: mute, frozen, or deaf from the start."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from websockets.exceptions import ConnectionClosed

from ivr_agi.audio.frames import SILENCE_FRAME
from ivr_agi.dialogue.listen.link import MUTE_MS, RESCUE_MS, SpeechLink
from ivr_agi.errors import SpeechUnavailable
from ivr_agi.sis.client.recognizer import PONG_S
from ivr_agi.sis.wire.events import RecognitionFailed, RecognitionStarted, Transcribed, VoiceStarted
from tests.dialogue.desk import LOUD_MS
from tests.dialogue.links import CONFIG, open_lines
from tests.sis.fake import ENDED, STARTED, VOICE_START, Listener, Peer, fake_service, result

pytestmark = pytest.mark.virtual_time

VOICE_FRAME = LOUD_MS * 20
TAIL_S = CONFIG.vad_tail / 1000
MUTE_S, RESCUE_S = MUTE_MS / 1000, RESCUE_MS / 1000


async def call(link: SpeechLink, *, speaks_s: float, quiet_s: float = 30.0) -> None:
    """Feed a caller who talks, and then says nothing more."""
    for frame, seconds in ((SILENCE_FRAME, 0.2), (VOICE_FRAME, speaks_s), (SILENCE_FRAME, quiet_s)):
        for number in range(round(seconds * 50)):
            link.feed(frame if number % 20 < 15 else SILENCE_FRAME)  # words have gaps between them
            await asyncio.sleep(0.02)


async def mute_after_voice_start(peer: Peer) -> None:
    """It takes all that comes, answers pings, and says nothing more."""
    await peer.start()
    await peer.say(STARTED, VOICE_START)
    await peer.gone()


async def hear_sales(peer: Peer) -> None:
    """It hears what is sent again."""
    with contextlib.suppress(ConnectionClosed):
        await peer.start()
        await peer.say(STARTED, VOICE_START, result("sales"))
        await peer.end()
        await peer.say(ENDED)


async def waited_s(
    link: SpeechLink, listener: Listener, kind: type, *, speaks_s: float = 1.0
) -> float:
    """Seconds from the caller's last sound to an event of that kind."""
    link.start(CONFIG, listener, chunk_ms=40)
    await listener.wait_for(RecognitionStarted)
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    calling = asyncio.create_task(call(link, speaks_s=speaks_s))
    await listener.wait_for(kind)
    calling.cancel()
    return loop.time() - began_at - speaks_s - 0.2


async def test_one_endpoint_goes_mute() -> None:
    """The turn is told a few seconds after the caller has stopped; it goes on with keys."""
    async with fake_service(mute_after_voice_start) as service:
        link, listener, _ = open_lines(service)
        seconds = await waited_s(link, listener, RecognitionFailed)
        await link.close()
    assert TAIL_S + MUTE_S - 0.1 <= seconds <= TAIL_S + MUTE_S + 0.1
    (failed,) = (event for event in listener.events if isinstance(event, RecognitionFailed))
    assert isinstance(failed.error, SpeechUnavailable)
    assert failed.error.reason == "silent after the caller stopped speaking"


async def test_the_next_endpoint_hears_the_sentence() -> None:
    """The caller does not notice more than a pause."""
    async with fake_service(mute_after_voice_start) as first, fake_service(hear_sales) as second:
        link, listener, _ = open_lines(first, second)
        seconds = await waited_s(link, listener, Transcribed)
        await link.close()
    assert seconds <= TAIL_S + MUTE_S + 0.2
    assert "RecognitionFailed" not in listener.names


async def test_all_endpoints_together_have_a_limit() -> None:
    """A second one that is mute, too, gets no more than its share."""
    async with (
        fake_service(mute_after_voice_start) as first,
        fake_service(mute_after_voice_start) as second,
        fake_service(mute_after_voice_start) as third,
    ):
        link, listener, _ = open_lines(first, second, third)
        seconds = await waited_s(link, listener, RecognitionFailed)
        await link.close()
    assert seconds <= TAIL_S + MUTE_S + RESCUE_S + 0.1


async def test_who_still_talks_is_not_given_up() -> None:
    """The limit begins when the caller stops."""
    async with fake_service(mute_after_voice_start) as service:
        link, listener, _ = open_lines(service)
        seconds = await waited_s(link, listener, RecognitionFailed, speaks_s=8.0)
        await link.close()
    assert TAIL_S + MUTE_S - 0.2 <= seconds <= TAIL_S + MUTE_S + 0.1


async def test_a_frozen_service_is_found_before_it_heard_anything() -> None:
    """We heard the caller, and it does not even answer a ping."""

    async def freeze(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        peer.socket.freeze()
        await asyncio.sleep(60)
        peer.cut()

    async with fake_service(freeze) as service:
        link, listener, _ = open_lines(service)
        seconds = await waited_s(link, listener, RecognitionFailed)
        await link.close()
    assert seconds <= TAIL_S + MUTE_S + PONG_S + 0.1


async def test_a_service_that_answers_no_start_is_not_waited_for() -> None:
    """The caller has spoken, and there is not even a session."""

    async def start_never(peer: Peer) -> None:
        await peer.start()
        await peer.gone()

    async with fake_service(start_never, answer_timeout_s=20.0) as service:
        link, listener, _ = open_lines(service)
        link.start(CONFIG, listener, chunk_ms=40)
        calling = asyncio.create_task(call(link, speaks_s=1.0))
        async with asyncio.timeout(0.2 + 1.0 + TAIL_S + MUTE_S + 0.2):
            await listener.wait_for(RecognitionFailed)
        calling.cancel()
        await link.close()


async def test_a_deaf_service_is_given_up_at_its_own_deadline() -> None:
    """It answers pings, and neither hears the voice that we hear nor tells of the silence."""

    async def say_nothing(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.gone()

    async with fake_service(say_nothing) as service:
        link, listener, _ = open_lines(service)
        seconds = await waited_s(link, listener, RecognitionFailed)
        await link.close()
    own_deadline_s = CONFIG.vad_head / 1000 - 1.2
    assert own_deadline_s <= seconds <= own_deadline_s + RESCUE_S + 0.1


async def test_a_caller_who_says_nothing_is_no_sign_of_a_fault() -> None:
    """The turn's own deadline is for that."""

    async def say_nothing(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.gone()

    async with fake_service(say_nothing) as service:
        link, listener, _ = open_lines(service)
        link.start(CONFIG, listener, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        await call(link, speaks_s=0.0, quiet_s=15.0)
        await link.close()
    assert listener.names == ["RecognitionStarted"]


async def test_a_service_that_still_sends_words_is_not_given_up() -> None:
    """It is only slow."""

    async def trickle(peer: Peer) -> None:
        with contextlib.suppress(ConnectionClosed):
            await peer.start()
            await peer.say(STARTED, VOICE_START)
            reading = asyncio.create_task(peer.end())
            for number in range(3):
                await asyncio.sleep(1.5)
                await peer.say(result(f"word {number}", is_final=False))
            await peer.say(result("all words"))
            await reading
            await peer.say(ENDED)

    async with fake_service(trickle) as service:
        link, listener, _ = open_lines(service)
        await waited_s(link, listener, VoiceStarted)
        calling = asyncio.create_task(call(link, speaks_s=0.0))
        await listener.wait_for(Transcribed, 4)
        calling.cancel()
        link.end(cancel=True)
        await link.close()
    assert "RecognitionFailed" not in listener.names
