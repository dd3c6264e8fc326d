"""The line to the recogniser: connecting, held audio, given-up sessions, lost sockets."""

from __future__ import annotations

import asyncio

from ivr_agi.audio.frames import FRAME_BYTES, ms_to_bytes
from ivr_agi.dialogue.speech import MAX_HELD_BYTES, MAX_VAD_HEAD_MS, SpeechLink
from ivr_agi.journal import Event, Journal
from ivr_agi.sis.events import (
    RecognitionEnded,
    RecognitionFailed,
    RecognitionStarted,
    Transcribed,
    VoiceStarted,
)
from ivr_agi.sis.messages import RecognitionConfig
from ivr_agi.sis.service import Service
from tests.dialogue.desk import NOBODY, finish
from tests.sis.fake import (
    CANCELLED,
    ENDED,
    STARTED,
    VOICE_START,
    Listener,
    Peer,
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
    link, listener = SpeechLink(service, lambda: preroll, journal), Listener()
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
    """The next session gets a new one."""
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
        failed = await listener.wait_for(RecognitionFailed)
        assert failed.error.retryable
        link.start(CONFIG, chunk_ms=40)
        await listener.wait_for(RecognitionStarted, 2)
        await link.close()
    assert n_connections == 2


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
    assert [event.event for event in events] == ["speech_unavailable"] * 3
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
        await peer.hear(MAX_HELD_BYTES)
        assert peer.audio[0] == 2
        await finish(peer)

    async with fake_service(script) as service:
        link, listener = open_link(service, preroll=frame(1))
        link.start(CONFIG, chunk_ms=40)
        for _ in range(MAX_HELD_BYTES // FRAME_BYTES):
            link.feed(frame(2))
        await listener.wait_for(RecognitionStarted)
        await asyncio.sleep(0.05)
        await link.close()


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
