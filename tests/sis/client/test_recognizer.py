"""The recogniser over real sockets: sessions, their events, opening and closing."""

from __future__ import annotations

import asyncio
import logging
import os

import msgspec
import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.sis.client.recognizer import RecognitionClient
from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.wire.events import (
    RecognitionEnded,
    RecognitionEvent,
    RecognitionFailed,
    RecognitionStarted,
    Transcribed,
    VoiceStarted,
)
from ivr_agi.sis.wire.messages import EndReason, EndResponse, EventResponse, StartResponse
from tests.sis.fake import (
    CANCELLED,
    CONFIG,
    ENDED,
    STARTED,
    VOICE_START,
    Listener,
    Peer,
    eventually,
    fake_service,
    recognizer_for,
    result,
    tone,
)

pytestmark = pytest.mark.virtual_time


async def test_a_session_from_start_to_end() -> None:
    """START, audio, VOICE_START, words, END, in this order and to the byte."""
    peers: list[Peer] = []
    pcm = tone(320 * 7)

    async def script(peer: Peer) -> None:
        peers.append(peer)
        assert await peer.start() == CONFIG
        await peer.say(STARTED)
        await peer.hear(640 * 3)
        await peer.say(VOICE_START, result("ye", is_final=False), result("yes"))
        assert not (await peer.end()).cancel
        await peer.say(EventResponse(trace_id="t1", event="VOICE_END"), ENDED)
        await peer.gone()

    listener = Listener()
    async with fake_service(script) as service, recognizer_for(service, listener) as recognizer:
        assert recognizer.start(CONFIG) == 1
        await listener.wait_for(RecognitionStarted)
        for at in range(0, len(pcm), 640):
            recognizer.send_audio(pcm[at : at + 640])
        await listener.wait_for(Transcribed, 2)
        recognizer.end()
        recognizer.end()
        assert (await listener.wait_for(RecognitionEnded)).reason is EndReason.NORMAL
        assert not recognizer.closed
    assert listener.names == [
        "RecognitionStarted",
        "VoiceStarted",
        "Transcribed",
        "Transcribed",
        "VoiceEnded",
        "RecognitionEnded",
    ]
    assert {(event.session, event.trace_id) for event in listener.events} == {(1, "t1")}
    assert bytes(peers[0].audio) == pcm
    assert peers[0].frame_sizes == [640, 640, 640, 320]
    assert peers[0].path == "/v1/p1/rasr/sentence-stream"


async def test_every_log_line_has_the_trace(caplog: pytest.LogCaptureFixture) -> None:
    """From the START response to the lost socket, also where a message has none."""
    caplog.set_level(logging.DEBUG, "ivr_agi.sis")

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, b"?", EventResponse(event="VOICE_START"))
        await peer.say(EventResponse(event="NEW"), '{"resp_type":"NEW"}', STARTED, result("a"))
        await heard.wait()
        peer.cut()

    listener, heard = Listener(), asyncio.Event()
    async with fake_service(script) as service, recognizer_for(service, listener) as recognizer:
        recognizer.start(CONFIG)
        await listener.wait_for(Transcribed)
        heard.set()
        failed = await listener.wait_for(RecognitionFailed)
    assert (failed.trace_id, failed.error.trace_id) == ("t1", "t1")
    lines = [record.getMessage() for record in caplog.records if record.name == "ivr_agi.sis"]
    (accepted,) = (at for at, line in enumerate(lines) if "starting -> streaming" in line)
    assert len(lines) >= accepted + 10
    assert [line for line in lines[accepted:] if "trace t1" not in line] == []


async def test_renewal_on_one_socket() -> None:
    """cancel, start: the second session has its audio, and the first no words."""
    audio: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        assert (await peer.end()).cancel
        await peer.say(result("late"), CANCELLED)
        await peer.start()
        await peer.say(StartResponse(trace_id="t2"))
        await peer.end()
        audio.append(bytes(peer.audio))
        await peer.say(EndResponse(trace_id="t2"))
        await peer.gone()

    listener = Listener()
    async with fake_service(script) as service, recognizer_for(service, listener) as recognizer:
        recognizer.start(CONFIG)
        await listener.wait_for(RecognitionStarted)
        recognizer.end(cancel=True)
        assert recognizer.start(CONFIG) == 2
        await listener.wait_for(RecognitionStarted, 2)
        recognizer.send_audio(tone(8000))
        recognizer.end()
        await listener.wait_for(RecognitionEnded, 2)
    assert [(event.session, type(event).__name__) for event in listener.events] == [
        (1, "RecognitionStarted"),
        (1, "RecognitionEnded"),
        (2, "RecognitionStarted"),
        (2, "RecognitionEnded"),
    ]
    assert audio == [tone(8000)]


async def test_the_handler_may_act_at_once() -> None:
    """on_event may end and start sessions; it is not called inside itself."""
    depth = 0
    depths: list[int] = []
    listener = Listener()

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, VOICE_START, ENDED)
        await peer.start()
        await peer.say(STARTED)
        await peer.gone()

    def on_event(event: RecognitionEvent) -> None:
        nonlocal depth
        depth += 1
        depths.append(depth)
        listener(event)
        if isinstance(event, RecognitionEnded) and event.session == 1:
            recognizer.start(CONFIG)
        depth -= 1

    async with fake_service(script) as service:
        recognizer = await RecognitionClient.connect(service, on_event=on_event)
        recognizer.start(CONFIG)
        await listener.wait_for(RecognitionStarted, 2)
        await recognizer.close()
    assert set(depths) == {1}


@pytest.mark.parametrize("mode", list(Mode))
async def test_each_mode_has_its_path(mode: Mode) -> None:
    """The socket is opened for one of the three (1)."""
    paths: list[str] = []

    async def script(peer: Peer) -> None:
        paths.append(peer.path)
        await peer.gone()

    async with fake_service(script) as service, recognizer_for(service, Listener(), mode):
        await eventually(lambda: bool(paths))
    assert paths == [f"/v1/p1/rasr/{mode}"]


async def test_close_cancels_the_session() -> None:
    """Who closes gets the session's last event before the socket is gone, and no failure."""
    listener = Listener()

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.gone()

    async with fake_service(script) as service:
        recognizer = await RecognitionClient.connect(service, on_event=listener)
        recognizer.start(CONFIG)
        await listener.wait_for(RecognitionStarted)
        await recognizer.close()
        await recognizer.close()
    assert recognizer.closed
    assert listener.names == ["RecognitionStarted", "RecognitionEnded"]


async def test_closing_leaves_no_task_and_no_descriptor() -> None:
    """Ten recognisers come and go."""
    async with fake_service(leave_unanswered) as service:
        before = tasks_and_descriptors()
        for _ in range(10):
            recognizer = await RecognitionClient.connect(service, on_event=Listener())
            recognizer.start(CONFIG)
            await recognizer.close()
        await eventually(lambda: tasks_and_descriptors() == before)


async def leave_unanswered(peer: Peer) -> None:
    """Take START, which is on its way before anything else happens, and say nothing."""
    await peer.start()
    await peer.gone()


def tasks_and_descriptors() -> tuple[int, int]:
    """How many of each this process has."""
    return len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))


async def test_voice_start_is_handled_where_it_is_read() -> None:
    """The handler runs in the reader's own task: nothing is scheduled in between."""
    tasks: list[str] = []
    listener = Listener()

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, VOICE_START)
        await peer.gone()

    def on_event(event: RecognitionEvent) -> None:
        task = asyncio.current_task()
        tasks.append(task.get_name() if task else "")
        listener(event)

    async with fake_service(script) as service:
        recognizer = await RecognitionClient.connect(service, on_event=on_event)
        recognizer.start(CONFIG)
        await listener.wait_for(VoiceStarted)
        await recognizer.close()
    assert tasks[:2] == [f"recognizer {service.url}"] * 2


async def test_mistakes_are_raised_at_once() -> None:
    """A format or a second start that cannot be."""
    async with fake_service(leave_unanswered) as service:
        recognizer = await RecognitionClient.connect(service, on_event=Listener())
        with pytest.raises(ConfigError):
            recognizer.start(msgspec.structs.replace(CONFIG, vad_head=0))
        recognizer.start(CONFIG)
        with pytest.raises(RuntimeError):
            recognizer.start(CONFIG)
        await recognizer.close()
