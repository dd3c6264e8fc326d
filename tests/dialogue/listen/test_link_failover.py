"""The line to the recogniser where an endpoint fails: the next one gets the whole sentence."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.dialogue.listen.replay import MAX_SILENT_BYTES
from ivr_agi.dialogue.listen.tables import HotWordTables, RefusedTables
from ivr_agi.sis.wire.events import (
    RecognitionEnded,
    RecognitionFailed,
    RecognitionStarted,
    Transcribed,
    VoiceStarted,
)
from ivr_agi.sis.wire.messages import ErrorResponse, ResultResponse
from tests.dialogue.desk import NOBODY, finish
from tests.dialogue.links import CONFIG, frame, open_lines
from tests.sis.fake import (
    CANCELLED,
    ENDED,
    STARTED,
    VOICE_START,
    Peer,
    Script,
    fake_service,
    result,
)

pytestmark = pytest.mark.virtual_time


async def cut_in_the_sentence(peer: Peer) -> None:
    """Hear 6 frames of a sentence, say that there is a voice, and go."""
    await peer.start()
    await peer.say(STARTED)
    await peer.hear(6 * FRAME_BYTES)
    await peer.say(VOICE_START)
    peer.cut()


async def fail_with_an_error(peer: Peer) -> None:
    """The same with ERROR, which keeps the socket."""
    await peer.start()
    await peer.say(STARTED)
    await peer.hear(6 * FRAME_BYTES)
    await peer.say(VOICE_START, ErrorResponse(error_code="SIS.0303", error_msg="engine"))
    await peer.gone()


def take_over_with(heard: list[bytes], *answers: ResultResponse) -> Script:
    """Hear a sentence to its END, and answer."""

    async def take_over(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.end()
        heard.append(bytes(peer.audio))
        await peer.say(*answers, ENDED)
        await peer.gone()

    return take_over


@pytest.mark.parametrize("broken", [cut_in_the_sentence, fail_with_an_error])
async def test_a_sentence_survives_its_endpoint(broken: Script) -> None:
    """The second one gets it from its beginning, pre-roll included; the turn notices nothing."""
    heard: list[tuple[int, bytes]] = []

    async def take_over(peer: Peer) -> None:
        config = await peer.start()
        await peer.say(STARTED)
        await peer.hear(10 * FRAME_BYTES)
        heard.append((config.vad_head, bytes(peer.audio[: 10 * FRAME_BYTES])))
        await peer.say(VOICE_START, result("account balance"))
        await peer.end()
        await peer.say(ENDED)
        await peer.gone()

    async with fake_service(broken) as first, fake_service(take_over) as second:
        link, listener, events = open_lines(first, second, preroll=frame(1) + frame(2))
        link.start(CONFIG, listener, chunk_ms=40)
        for number in range(3, 7):
            link.feed(frame(number))
        await listener.wait_for(VoiceStarted)
        for number in range(7, 12):  # one more, lest the tenth waits for it
            link.feed(frame(number))
            await asyncio.sleep(0.001)
        words = await listener.wait_for(Transcribed)
        link.end(cancel=False)
        await listener.wait_for(RecognitionEnded)
        await link.close()
    assert words.text == "account balance"
    assert heard == [(5040, b"".join(frame(number) for number in range(1, 11)))]
    assert RecognitionFailed not in map(type, listener.events)
    (failover,) = (event.data for event in events if event.event == "failover")
    assert (failover["failed"], failover["next"]) == (first.url, second.url)


async def test_a_sentence_that_is_over_survives_too() -> None:
    """END was sent, the words were owed: the next endpoint gets all of it, and END behind it."""
    heard: list[bytes] = []

    async def cut_after_end(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.end()
        peer.cut()

    async with (
        fake_service(cut_after_end) as first,
        fake_service(take_over_with(heard, result("yes"))) as second,
    ):
        link, listener, _ = open_lines(first, second, preroll=frame(1))
        link.start(CONFIG, listener, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        link.feed(frame(2))
        link.end(cancel=False)
        link.feed(frame(3))
        await listener.wait_for(RecognitionEnded)
        await link.close()
    assert heard == [frame(1) + frame(2)]
    assert [event.text for event in listener.events if isinstance(event, Transcribed)] == ["yes"]


async def test_silence_before_is_not_said_again() -> None:
    """Another endpoint gets the last 3 s of it, and as much less time to wait for a voice."""
    heads: list[int] = []
    heard: list[int] = []

    async def cut_in_silence(peer: Peer) -> None:
        heads.append((await peer.start()).vad_head)
        await peer.say(STARTED)
        await peer.hear(16_000 * 5)
        peer.cut()

    async def take_over(peer: Peer) -> None:
        heads.append((await peer.start()).vad_head)
        await peer.say(STARTED)
        await peer.end()
        heard.append(len(peer.audio))
        await peer.say(ENDED)
        await peer.gone()

    async with fake_service(cut_in_silence) as first, fake_service(take_over) as second:
        link, listener, _ = open_lines(first, second)
        link.start(CONFIG, listener, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        for number in range(250):
            link.feed(frame(number))
        await listener.wait_for(RecognitionStarted, 2)
        link.end(cancel=False)
        await listener.wait_for(RecognitionEnded)
        await link.close()
    assert heard == [MAX_SILENT_BYTES]
    assert heads == [CONFIG.vad_head, CONFIG.vad_head - 2000]


async def test_a_long_sentence_is_caught_up_with() -> None:
    """Faster than it was said, in order, though not all at once; END waits for the rest."""
    heard: list[bytes] = []
    spoken = b"".join(frame(number) for number in range(500))  # 10 s

    async def cut_at_its_end(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, VOICE_START)
        await peer.hear(len(spoken))
        peer.cut()

    async with fake_service(cut_at_its_end) as first, fake_service(take_over_with(heard)) as second:
        link, listener, _ = open_lines(first, second)
        link.start(CONFIG, listener, chunk_ms=40)
        await listener.wait_for(VoiceStarted)
        for number in range(500):
            link.feed(frame(number))
            await asyncio.sleep(0)
        await listener.wait_for(RecognitionStarted, 2)
        link.end(cancel=False)
        n_ticks = 0
        while RecognitionEnded not in map(type, listener.events):
            link.feed(frame(7))
            n_ticks += 1
            await asyncio.sleep(0.002)
        await link.close()
    assert heard == [spoken]
    assert n_ticks >= 12  # 10 s less 5 s at once, 400 ms each


async def test_words_are_not_asked_for_twice() -> None:
    """What fails after its final words has done its work."""

    async def cut_after_words(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, result("yes"))
        peer.cut()

    async with fake_service(cut_after_words) as first, fake_service(finish) as second:
        link, listener, events = open_lines(first, second)
        link.start(CONFIG, listener, chunk_ms=40)
        await listener.wait_for(RecognitionFailed)
        await link.close()
    assert "failover" not in [event.event for event in events]


async def test_a_slow_endpoint_counts_as_failed() -> None:
    """No answer to START in its time: the next one."""

    async def say_nothing(peer: Peer) -> None:
        await peer.start()
        await peer.gone()

    async def take_over(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await finish(peer)

    async with (
        fake_service(say_nothing, answer_timeout_s=0.1) as first,
        fake_service(take_over) as second,
    ):
        link, listener, events = open_lines(first, second)
        link.start(CONFIG, listener, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        await link.close()
    assert "failover" in [event.event for event in events]


async def test_the_call_stays_with_the_second_endpoint() -> None:
    """The next turn does not wait for the first one again."""
    n_tried = 0

    async def refuse_to_start(peer: Peer) -> None:
        nonlocal n_tried
        n_tried += 1
        await peer.start()
        peer.cut()

    async def take_over(peer: Peer) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await peer.start()
                await peer.say(STARTED)
                await peer.end()
                await peer.say(CANCELLED)

    async with fake_service(refuse_to_start) as first, fake_service(take_over) as second:
        link, listener, _ = open_lines(first, second)
        for turn in (1, 2):
            link.start(CONFIG, listener, chunk_ms=40)
            await listener.wait_for(RecognitionStarted, turn)
            link.end(cancel=False)
            await listener.wait_for(RecognitionEnded, turn)
        await link.close()
    assert n_tried == 1


async def test_no_endpoint_is_left() -> None:
    """Only then the turn is told."""
    async with fake_service(cut_in_the_sentence) as first:
        link, listener, events = open_lines(first, NOBODY)
        link.start(CONFIG, listener, chunk_ms=40)
        for number in range(3, 9):
            link.feed(frame(number))
        await listener.wait_for(VoiceStarted)
    failed = await listener.wait_for(RecognitionFailed)
    await link.close()
    assert failed.error.service in {first.url, NOBODY.url}
    assert events[-1].event == "speech_unavailable"


@pytest.mark.parametrize(("known", "expected"), [({"t1": "t2"}, "t2"), ({}, None)])
async def test_each_endpoint_has_its_own_tables(
    known: dict[str, str], expected: str | None
) -> None:
    """A hot-word table's id means nothing elsewhere (13: bound to project and region)."""
    asked: list[str | None] = []

    async def take_over(peer: Peer) -> None:
        asked.append((await peer.start()).vocabulary_id)
        await peer.say(STARTED)
        await finish(peer)

    config = msgspec.structs.replace(CONFIG, vocabulary_id="t1")
    async with fake_service(take_over) as second:
        link, listener, _ = open_lines(NOBODY, second, tables=HotWordTables({second.url: known}))
        link.start(config, listener, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        await link.close()
    assert asked == [expected]


async def test_a_table_that_is_gone_costs_the_table_only() -> None:
    """O2: the caller is heard without it, and the journal says so; not by keys only."""
    asked: list[str | None] = []

    async def refuse_tables(peer: Peer) -> None:
        config = await peer.start()
        asked.append(config.vocabulary_id)
        if config.vocabulary_id is not None:
            await peer.say(ErrorResponse(error_code="SIS.0201", error_msg="no such table"))
        else:
            await peer.say(STARTED)
        await finish(peer)

    config = msgspec.structs.replace(CONFIG, vocabulary_id="t1")
    refused = RefusedTables()
    async with fake_service(refuse_tables) as service:
        for _ in range(2):  # the next call does not ask for it again
            link, listener, events = open_lines(service, tables=HotWordTables(refused=refused))
            link.start(config, listener, chunk_ms=40)
            await listener.wait_for(RecognitionStarted)
            assert not [each for each in listener.events if isinstance(each, RecognitionFailed)]
            told = [event.data for event in events if event.event == "table_refused"]
            assert [(each["table"], each["service"]) for each in told] == [("t1", service.url)]
            assert "SIS.0201" in told[0]["error"]
            await link.close()
    assert asked == ["t1", None, None]


async def test_a_service_that_refuses_without_the_table_too() -> None:
    """It is down like any other, and the table is not told of."""

    async def refuse(peer: Peer) -> None:
        await peer.start()
        await peer.say(ErrorResponse(error_code="SIS.0301", error_msg="property is invalid"))
        await finish(peer)

    config = msgspec.structs.replace(CONFIG, vocabulary_id="t1")
    async with fake_service(refuse) as service:
        link, listener, events = open_lines(service)
        link.start(config, listener, chunk_ms=40)
        failed = await listener.wait_for(RecognitionFailed)
        assert "SIS.0301" in str(failed.error)
        assert "table_refused" not in [event.event for event in events]
        await link.close()
