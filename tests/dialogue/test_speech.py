"""The line to the recogniser: connecting, held audio, given-up sessions, lost sockets."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from ivr_agi.audio.frames import FRAME_BYTES, SILENCE_FRAME, ms_to_bytes
from ivr_agi.dialogue.replay import MAX_KEPT_BYTES, MAX_SILENT_BYTES
from ivr_agi.dialogue.speech import MAX_VAD_HEAD_MS, SpeechLink
from ivr_agi.journal import Event, Journal
from ivr_agi.sis.endpoints import Endpoints
from ivr_agi.sis.events import (
    RecognitionEnded,
    RecognitionFailed,
    RecognitionStarted,
    Transcribed,
    VoiceStarted,
)
from ivr_agi.sis.messages import ErrorResponse, RecognitionConfig
from ivr_agi.sis.pool import IDLE_S, SocketPool
from ivr_agi.sis.service import Service
from tests.dialogue.desk import NOBODY, finish
from tests.sis.fake import (
    CANCELLED,
    ENDED,
    STARTED,
    VOICE_START,
    Listener,
    Peer,
    Script,
    eventually,
    fake_service,
    result,
)

CONFIG = RecognitionConfig(audio_format="pcm8k16bit", property="english_8k_common", vad_head=5000)


def frame(number: int) -> bytes:
    """A frame that can be told from others."""
    return bytes([number % 256]) * FRAME_BYTES


def open_link(
    service: Service, preroll: bytes = b"", events: list[Event] | None = None
) -> tuple[SpeechLink, Listener]:
    """Make a link and someone who listens to it."""
    journal = Journal(listener=None if events is None else events.append)
    return open_link_for(service, journal, preroll)


def open_link_for(
    service: Service, journal: Journal, preroll: bytes = b""
) -> tuple[SpeechLink, Listener]:
    """Make a link with a journal of the test's."""
    link, listener = SpeechLink(Endpoints([service]), lambda: preroll, journal), Listener()
    link.on_event = listener
    return link, listener


async def test_audio_is_held_while_the_socket_is_opened() -> None:
    """Pre-roll and all frames since, in order; vad_head counts from the start, not the pre-roll."""
    heard = asyncio.get_running_loop().create_future()

    async def script(peer: Peer) -> None:
        config = await peer.start()
        await peer.say(STARTED)
        await peer.hear(6 * FRAME_BYTES)
        heard.set_result((config.vad_head, bytes(peer.audio)))
        await peer.end()
        await peer.say(ENDED)

    async with fake_service(script) as service:
        link, listener = open_link(service, preroll=frame(1) + frame(2))
        link.start(CONFIG, chunk_ms=40)
        for number in (3, 4, 5, 6):
            link.feed(frame(number))
        vad_head, audio = await heard
        link.end(cancel=False)
        await listener.wait_for(RecognitionEnded)
        await link.close()
    assert vad_head == 5040
    assert audio == b"".join(frame(number) for number in range(1, 7))


async def test_a_socket_opened_ahead_is_used() -> None:
    """The session starts on it; audio without a session is dropped."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await finish(peer)
        assert peer.audio == b""

    async with fake_service(script) as service:
        link, listener = open_link(service)
        link.feed(frame(1))
        link.open_ahead()
        link.open_ahead()
        await asyncio.sleep(0.05)
        link.feed(frame(2))
        link.start(CONFIG, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        await link.close()


async def test_what_a_given_up_session_says_is_not_passed_on() -> None:
    """Only its end is in the journal; the new session's words are the caller's."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.end()
        await peer.say(VOICE_START, result("old"), CANCELLED)
        await peer.start()
        await peer.say(STARTED, result("new"))
        await peer.end()
        await peer.say(ENDED)

    events: list[Event] = []
    async with fake_service(script) as service:
        link, listener = open_link(service, events=events)
        link.start(CONFIG, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        link.start(CONFIG, chunk_ms=40)
        words = await listener.wait_for(Transcribed)
        link.end(cancel=False)
        await listener.wait_for(RecognitionEnded)
        await link.close()
    assert words.text == "new"
    assert VoiceStarted not in map(type, listener.events)
    assert [event.event for event in events] == [
        "recognition_started",
        "recognition_end",
        "recognition_started",
        "result",
        "recognition_end",
    ]


async def test_a_lost_socket_is_opened_again() -> None:
    """The session goes on at the same endpoint where there is no other."""
    n_connections = 0

    async def script(peer: Peer) -> None:
        nonlocal n_connections
        n_connections += 1
        await peer.start()
        await peer.say(STARTED)
        if n_connections == 1:
            peer.cut()
        else:
            await finish(peer)

    async with fake_service(script) as service:
        link, listener = open_link(service)
        link.start(CONFIG, chunk_ms=40)
        await listener.wait_for(RecognitionStarted, 2)
        await link.close()
    assert n_connections == 2
    assert RecognitionFailed not in map(type, listener.events)


async def test_nobody_there() -> None:
    """The failure is an event of the session that was wanted; the next one tries again."""
    events: list[Event] = []
    link, listener = open_link(NOBODY, events=events)
    for attempt in (1, 2):
        link.start(CONFIG, chunk_ms=40)
        await listener.wait_for(RecognitionFailed, attempt)
    link.open_ahead()
    await asyncio.sleep(0.05)
    assert len(listener.events) == 2  # nobody wanted a session the third time
    assert [event.event for event in events] == [
        "failover",
        *["speech_unavailable"] * 3,
    ]
    await link.close()


async def test_a_model_that_does_not_fit_the_telephone() -> None:
    """The turn is told, though the socket was not there yet when it began."""
    config = msgspec.structs.replace(CONFIG, property="chinese_16k_general")
    async with fake_service(lambda peer: peer.gone()) as service:
        link, listener = open_link(service)
        link.start(config, chunk_ms=40)
        failed = await listener.wait_for(RecognitionFailed)
        assert "another rate than the model" in str(failed.error)
        await link.close()


async def test_given_up_while_the_socket_is_opened() -> None:
    """END before the socket is there: no session is started, no failure told."""
    link, listener = open_link(NOBODY)
    link.start(CONFIG, chunk_ms=40)
    link.end(cancel=True)
    await asyncio.sleep(0.05)
    link.start(CONFIG, chunk_ms=40)
    await link.close()
    assert listener.events == []


async def test_held_audio_is_bounded() -> None:
    """A service that takes for ever to answer costs no memory: the oldest is dropped."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.hear(MAX_KEPT_BYTES)
        heard.append(bytes(peer.audio))
        await finish(peer)

    heard: list[bytes] = []

    async with fake_service(script) as service:
        link, listener = open_link(service, preroll=frame(1))
        link.start(CONFIG, chunk_ms=40)
        for _ in range(MAX_KEPT_BYTES // FRAME_BYTES):
            link.feed(frame(2))
        await listener.wait_for(RecognitionStarted)
        while not heard:
            link.feed(frame(3))
            await asyncio.sleep(0.001)
        await link.close()
    assert set(heard[0][:100]) == {2}


async def test_vad_head_stays_in_its_range() -> None:
    """60 s is the most that the protocol has."""

    async def script(peer: Peer) -> None:
        assert (await peer.start()).vad_head == MAX_VAD_HEAD_MS
        await peer.say(STARTED)
        await finish(peer)

    async with fake_service(script) as service:
        link, listener = open_link(service, preroll=bytes(ms_to_bytes(500)))
        config = RecognitionConfig(
            audio_format="pcm8k16bit", property="english_8k_common", vad_head=MAX_VAD_HEAD_MS
        )
        link.start(config, chunk_ms=40)
        link.set_chunk(100)
        await listener.wait_for(RecognitionStarted)
        link.set_chunk(40)
        await link.close()


def open_lines(
    *services: Service, preroll: bytes = b"", **more: Any
) -> tuple[SpeechLink, Listener, list[Event]]:
    """Make a link with several endpoints."""
    events: list[Event] = []
    journal = Journal(listener=events.append)
    link, listener = SpeechLink(Endpoints(services), lambda: preroll, journal, **more), Listener()
    link.on_event = listener
    return link, listener, events


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
        link.start(CONFIG, chunk_ms=40)
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

    async def take_over(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.end()
        heard.append(bytes(peer.audio))
        await peer.say(result("yes"), ENDED)
        await peer.gone()

    async with fake_service(cut_after_end) as first, fake_service(take_over) as second:
        link, listener, _ = open_lines(first, second, preroll=frame(1))
        link.start(CONFIG, chunk_ms=40)
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
        link.start(CONFIG, chunk_ms=40)
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

    async def take_over(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.end()
        heard.append(bytes(peer.audio))
        await peer.say(ENDED)
        await peer.gone()

    async with fake_service(cut_at_its_end) as first, fake_service(take_over) as second:
        link, listener, _ = open_lines(first, second)
        link.start(CONFIG, chunk_ms=40)
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
        link.start(CONFIG, chunk_ms=40)
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
        link.start(CONFIG, chunk_ms=40)
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
            link.start(CONFIG, chunk_ms=40)
            await listener.wait_for(RecognitionStarted, turn)
            link.end(cancel=True)
            await listener.wait_for(RecognitionEnded, turn)
        await link.close()
    assert n_tried == 1


async def test_no_endpoint_is_left() -> None:
    """Only then the turn is told."""
    async with fake_service(cut_in_the_sentence) as first:
        link, listener, events = open_lines(first, NOBODY)
        link.start(CONFIG, chunk_ms=40)
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
        link, listener, _ = open_lines(NOBODY, second, vocabularies={second.url: known})
        link.start(config, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        await link.close()
    assert asked == [expected]


async def test_an_idle_socket_is_closed_and_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the service cuts it at 20 s (13); the next turn has a new one."""
    monkeypatch.setattr("ivr_agi.dialogue.speech.IDLE_S", 0.05)
    n_connections, n_gone = 0, 0

    async def script(peer: Peer) -> None:
        nonlocal n_connections, n_gone
        n_connections += 1
        if n_connections == 2:
            await peer.start()
            await peer.say(STARTED)
        await peer.gone()
        n_gone += 1

    async with fake_service(script) as service:
        link, listener, _ = open_lines(service)
        link.open_ahead()
        await eventually(lambda: n_gone == 1)
        link.start(CONFIG, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        await asyncio.sleep(0.1)
        assert n_gone == 1  # a session is no idleness
        await link.close()
    assert n_connections == 2
    assert RecognitionFailed not in map(type, listener.events)


async def test_a_socket_of_the_call_before_is_closed_in_time() -> None:
    """What counts is when audio was sent last, in whichever call."""
    async with fake_service(lambda peer: peer.gone()) as service:
        pool = SocketPool()
        before = pool.for_call()
        recognizer = await before.connect(service, on_event=lambda _: None)
        recognizer.used_at -= IDLE_S - 0.2
        await before.end(service, recognizer)
        link = SpeechLink(Endpoints([service]), lambda: b"", Journal(), sockets=pool.for_call())
        link.open_ahead()
        await eventually(lambda: recognizer.closed)
        await link.close()
        await pool.close()


async def test_an_old_socket_gets_no_new_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service cuts it at 5 h (13)."""
    monkeypatch.setattr("ivr_agi.sis.pool.MAX_AGE_S", 0.05)
    n_connections = 0

    async def script(peer: Peer) -> None:
        nonlocal n_connections
        n_connections += 1
        if n_connections == 2:
            await peer.start()
            await peer.say(STARTED)
        await peer.gone()

    async with fake_service(script) as service:
        link, listener, _ = open_lines(service)
        link.open_ahead()
        await eventually(lambda: n_connections == 1)
        await asyncio.sleep(0.06)
        link.start(CONFIG, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        await link.close()
    assert n_connections == 2


async def test_late_words_of_a_secure_step_stay_secret() -> None:
    """The step is over and the journal open again when the service tells what it heard."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.end()
        await peer.say(result("four seven", is_final=False), result("four seven one"), ENDED)

    events: list[Event] = []
    journal = Journal(listener=events.append)
    async with fake_service(script) as service:
        link, listener = open_link_for(service, journal)
        journal.secure = True
        link.start(CONFIG, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        link.end(cancel=False)
        journal.secure = False
        await listener.wait_for(RecognitionEnded)
        await link.close()
    told = {event.event: event.data for event in events}
    assert told["interim"] == told["result"] == {"trace_id": "t1"}


async def test_messages_of_a_quiet_line() -> None:
    """Long until the caller talks: that frame goes out at once with what waits; then short ones."""
    voice, sizes = frame(200), asyncio.get_running_loop().create_future()

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.hear((10 + 5 + 3 + 2) * FRAME_BYTES)
        sizes.set_result([size // FRAME_BYTES for size in peer.frame_sizes])
        await finish(peer)

    async with fake_service(script) as service:
        link, listener = open_link(service)
        link.start(CONFIG, chunk_ms=40, quiet_chunk_ms=100)
        await listener.wait_for(RecognitionStarted)
        for pcm in (*[SILENCE_FRAME] * (10 + 5 + 2), voice, voice, voice):
            link.feed(pcm)
        assert await sizes == [2] * 5 + [5, 3, 2]
        await link.close()


async def test_messages_longer_than_what_is_caught_up_with() -> None:
    """A chunk of 500 ms, as the settings allow, is sent when it is whole."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.hear(ms_to_bytes(1000))
        await peer.say(VOICE_START)
        await finish(peer)

    async with fake_service(script) as service:
        link, listener = open_link(service)
        link.start(CONFIG, chunk_ms=500)
        await listener.wait_for(RecognitionStarted)
        for number in range(50):
            link.feed(frame(number))
        await listener.wait_for(VoiceStarted)
        await link.close()
