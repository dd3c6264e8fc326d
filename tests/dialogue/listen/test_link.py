"""The line to the recogniser: connecting, held audio, given-up sessions, lost sockets."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from ivr_agi.audio.frames import FRAME_BYTES, SILENCE_FRAME, ms_to_bytes
from ivr_agi.dialogue.listen.link import MAX_VAD_HEAD_MS, SpeechLink
from ivr_agi.dialogue.listen.replay import MAX_KEPT_BYTES
from ivr_agi.journal import Event, Journal
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.sis.client.pool import IDLE_S, SocketPool
from ivr_agi.sis.wire.events import (
    RecognitionEnded,
    RecognitionFailed,
    RecognitionStarted,
    Transcribed,
    VoiceStarted,
)
from ivr_agi.sis.wire.messages import RecognitionConfig
from tests.dialogue.desk import NOBODY, finish
from tests.dialogue.links import CONFIG, frame, open_lines, open_link, open_link_for
from tests.sis.fake import (
    CANCELLED,
    ENDED,
    STARTED,
    VOICE_START,
    Peer,
    eventually,
    fake_service,
    result,
)

pytestmark = pytest.mark.virtual_time


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
        link.start(CONFIG, listener, chunk_ms=40)
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
        link.start(CONFIG, listener, chunk_ms=40)
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
        link.start(CONFIG, listener, chunk_ms=40)
        await listener.wait_for(RecognitionStarted)
        link.start(CONFIG, listener, chunk_ms=40)
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
        link.start(CONFIG, listener, chunk_ms=40)
        await listener.wait_for(RecognitionStarted, 2)
        await link.close()
    assert n_connections == 2
    assert RecognitionFailed not in map(type, listener.events)


async def test_nobody_there() -> None:
    """The failure is an event of the session that was wanted; the next one tries again."""
    events: list[Event] = []
    link, listener = open_link(NOBODY, events=events)
    for attempt in (1, 2):
        link.start(CONFIG, listener, chunk_ms=40)
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
        link.start(config, listener, chunk_ms=40)
        failed = await listener.wait_for(RecognitionFailed)
        assert "another rate than the model" in str(failed.error)
        await link.close()


async def test_given_up_while_the_socket_is_opened() -> None:
    """END before the socket is there: no session is started, no failure told."""
    link, listener = open_link(NOBODY)
    link.start(CONFIG, listener, chunk_ms=40)
    link.end(cancel=True)
    await asyncio.sleep(0.05)
    link.start(CONFIG, listener, chunk_ms=40)
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
        link.start(CONFIG, listener, chunk_ms=40)
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
        link.start(config, listener, chunk_ms=40)
        link.set_chunk(100)
        await listener.wait_for(RecognitionStarted)
        link.set_chunk(40)
        await link.close()


async def test_an_idle_socket_is_closed_and_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the service cuts it at 20 s (13); the next turn has a new one."""
    monkeypatch.setattr("ivr_agi.sis.client.pool.IDLE_S", 0.05)
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
        link.start(CONFIG, listener, chunk_ms=40)
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
    monkeypatch.setattr("ivr_agi.sis.client.pool.MAX_AGE_S", 0.05)
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
        link.start(CONFIG, listener, chunk_ms=40)
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
        link.start(CONFIG, listener, chunk_ms=40)
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
        link.start(CONFIG, listener, chunk_ms=40, quiet_chunk_ms=100)
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
        link.start(CONFIG, listener, chunk_ms=500)
        await listener.wait_for(RecognitionStarted)
        for number in range(50):
            link.feed(frame(number))
        await listener.wait_for(VoiceStarted)
        await link.close()
