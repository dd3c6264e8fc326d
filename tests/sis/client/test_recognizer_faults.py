"""The recogniser with a service that refuses, breaks off, freezes or never answers."""

from __future__ import annotations

import asyncio
import dataclasses
import logging

import pytest

from ivr_agi.errors import SpeechProtocolError, SpeechRejected, SpeechUnavailable
from ivr_agi.sis.client.recognizer import MAX_BACKLOG_MS, RecognitionClient
from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.wire.events import (
    RecognitionEvent,
    RecognitionFailed,
    RecognitionStarted,
    Transcribed,
)
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndResponse,
    ErrorResponse,
    FatalErrorResponse,
)
from tests.sis.fake import (
    CONFIG,
    STARTED,
    VOICE_START,
    Listener,
    Peer,
    Script,
    eventually,
    fake_service,
    recognizer_for,
    result,
)

pytestmark = pytest.mark.virtual_time

ERROR = ErrorResponse(trace_id="t1", error_code="SIS.0303", error_msg="engine")
FATAL = FatalErrorResponse(error_code="SIS.0304", error_msg="idle")


async def test_error_keeps_the_socket() -> None:
    """The session fails with the vendor's code; the next one works."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, ERROR, EndResponse(trace_id="t1", reason=EndReason.ERROR))
        await peer.start()
        await peer.say(STARTED)
        await peer.gone()

    listener = Listener()
    async with fake_service(script) as service, recognizer_for(service, listener) as recognizer:
        recognizer.start(CONFIG)
        failed = await listener.wait_for(RecognitionFailed)
        assert isinstance(failed.error, SpeechRejected)
        assert failed.error.code == "SIS.0303"
        assert not recognizer.closed
        recognizer.start(CONFIG)
        await listener.wait_for(RecognitionStarted, 2)


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (FATAL, SpeechRejected),
        ("{malformed", SpeechProtocolError),
        ("[]", SpeechProtocolError),
    ],
)
async def test_what_ends_the_socket(last: object, kind: type[Exception]) -> None:
    """After FATAL_ERROR, or what cannot be read, a new recogniser is needed."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, last)  # type: ignore[arg-type]  # a message or a text
        await peer.gone()

    listener = Listener()
    async with fake_service(script) as service, recognizer_for(service, listener) as recognizer:
        recognizer.start(CONFIG)
        assert isinstance((await listener.wait_for(RecognitionFailed)).error, kind)
        assert recognizer.closed
        with pytest.raises(SpeechUnavailable, match="closed"):
            recognizer.start(CONFIG)
        recognizer.send_audio(bytes(640))
        recognizer.end()


async def cut_at_once(peer: Peer) -> None:
    """Reset before START is read."""
    peer.cut()


async def cut_after_start(peer: Peer) -> None:
    """Reset in the middle of a session."""
    await peer.start()
    await peer.say(STARTED)
    peer.cut()


async def cut_after_end(peer: Peer) -> None:
    """Reset while the words are awaited."""
    await peer.start()
    await peer.say(STARTED)
    await peer.end()
    peer.cut()


async def close_in_order(peer: Peer) -> None:
    """A closing handshake with a reason."""
    await peer.start()
    await peer.say(STARTED)
    await peer.socket.close(1011, "too old")


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (cut_at_once, "the connection broke"),
        (cut_after_start, "the connection broke"),
        (cut_after_end, "the connection broke"),
        (close_in_order, "the service closed the socket: 1011 too old"),
    ],
)
async def test_the_socket_may_end_at_any_moment(script: Script, text: str) -> None:
    """The session fails once, and the recogniser is closed when the handler hears of it."""
    listener = Listener()
    closed: list[bool] = []

    def on_event(event: RecognitionEvent) -> None:
        if isinstance(event, RecognitionFailed):
            closed.append(recognizer.closed)
        listener(event)

    async with fake_service(script) as service:
        recognizer = await RecognitionClient.connect(service, on_event=on_event)
        recognizer.start(CONFIG)
        recognizer.send_audio(bytes(3200))
        recognizer.end()
        failed = await listener.wait_for(RecognitionFailed)
        assert (failed.error.service, failed.error.reason) == (service.url, text)
        await recognizer.close()
    assert closed == [True]
    assert listener.names.count("RecognitionFailed") == 1


async def test_unanswered_start() -> None:
    """A service that takes START and says nothing is given up."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.gone()

    listener = Listener()
    async with (
        fake_service(script, answer_timeout_s=0.03) as service,
        recognizer_for(service, listener) as recognizer,
    ):
        recognizer.start(CONFIG)
        failed = await listener.wait_for(RecognitionFailed)
        assert failed.error.reason.endswith("no answer to START within 0.03 s")
        assert recognizer.closed


async def test_unanswered_end_closes_the_socket() -> None:
    """What comes of it late must not be taken for the next session's."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.end()
        await peer.gone()

    listener = Listener()
    async with (
        fake_service(script, answer_timeout_s=0.03) as service,
        recognizer_for(service, listener) as recognizer,
    ):
        recognizer.start(CONFIG)
        await listener.wait_for(RecognitionStarted)
        recognizer.end()
        recognizer.start(CONFIG)
        assert (await listener.wait_for(RecognitionFailed, 2)).session == 2
        assert recognizer.closed
    assert listener.names == ["RecognitionStarted", "RecognitionFailed", "RecognitionFailed"]


async def test_a_service_that_stops_reading_is_given_up() -> None:
    """send_audio never waits; too much in the queue ends the session."""
    done = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        peer.socket.freeze()
        await done.wait()
        peer.cut()

    listener = Listener()
    async with (
        fake_service(script) as service,
        recognizer_for(service, listener, Mode.CONTINUE) as recognizer,
    ):
        recognizer.start(CONFIG)
        await listener.wait_for(RecognitionStarted)
        for _ in range(10_000):  # the kernel's buffers take megabytes first
            recognizer.send_audio(bytes(32_000))
            await asyncio.sleep(0)
            if recognizer.closed:
                break
        failed = await listener.wait_for(RecognitionFailed)
        assert failed.error.reason.endswith("it has stopped reading")
        done.set()
    assert MAX_BACKLOG_MS == 10_000


async def test_a_frozen_service_is_noticed() -> None:
    """It owes words and its socket is open, but no ping is answered any more."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, VOICE_START)
        await asyncio.sleep(0.15)  # pings are answered: it lives
        await peer.say(result("ye", is_final=False))
        peer.socket.freeze()
        await peer.socket.wait_closed()

    listener = Listener()
    async with fake_service(script, answer_timeout_s=0.1) as service:
        service = dataclasses.replace(service, ping_interval_s=0.02)
        async with recognizer_for(service, listener) as recognizer:
            recognizer.start(CONFIG)
            await listener.wait_for(Transcribed)
            failed = await listener.wait_for(RecognitionFailed)
            assert recognizer.closed
    assert "no answer to a ping within 0.1 s" in str(failed.error)
    assert failed.error.retryable


async def test_a_handler_that_fails_drops_the_socket(caplog: pytest.LogCaptureFixture) -> None:
    """The fault is logged once, and no socket is left behind."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.gone()

    def on_event(_: RecognitionEvent) -> None:
        raise ZeroDivisionError

    async with fake_service(script) as service:
        recognizer = await RecognitionClient.connect(service, on_event=on_event)
        recognizer.start(CONFIG)
        await eventually(lambda: recognizer.closed)
        with pytest.raises(ZeroDivisionError):
            await recognizer.close()
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "on_event failed" in record.getMessage()
