"""Sessions one after another on one socket, without the socket."""

from __future__ import annotations

import pytest

from ivr_agi.errors import SpeechProtocolError, SpeechRejected, SpeechUnavailable
from ivr_agi.sis.session.recognition import plain_config
from ivr_agi.sis.session.socket_protocol import RecognitionProtocol
from ivr_agi.sis.wire.events import (
    RecognitionEnded,
    RecognitionEvent,
    RecognitionFailed,
    Transcribed,
)
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndRequest,
    EndResponse,
    ErrorResponse,
    FatalErrorResponse,
    RecognitionStartRequest,
    StartResponse,
    encode,
)
from tests.sis.fake import CONFIG, result, tone

START = encode(RecognitionStartRequest(CONFIG))
END = encode(EndRequest())
CANCEL = encode(EndRequest(cancel=True))


def started(trace_id: str | None = "t1") -> str:
    """START response."""
    return encode(StartResponse(trace_id=trace_id))


def ended(trace_id: str | None = "t1", reason: EndReason = EndReason.NORMAL) -> str:
    """END response."""
    return encode(EndResponse(trace_id=trace_id, reason=reason))


def events_of(protocol: RecognitionProtocol) -> list[RecognitionEvent]:
    """All events that wait."""
    found = []
    while (event := protocol.next_event()) is not None:
        found.append(event)
    return found


def told(protocol: RecognitionProtocol) -> list[tuple[int, str]]:
    """Session and class of all events that wait."""
    return [(event.session, type(event).__name__) for event in events_of(protocol)]


def streaming() -> RecognitionProtocol:
    """A socket in its first session."""
    protocol = RecognitionProtocol(service="ws://s")
    protocol.start(CONFIG, 0.0)
    protocol.receive(started(), 0.0)
    protocol.messages_to_send()
    events_of(protocol)
    return protocol


def test_sessions_are_counted() -> None:
    """1, 2, ... on one socket, each with its own START."""
    protocol = RecognitionProtocol()
    assert protocol.start(CONFIG, 0.0) == 1
    protocol.receive(started("t1"), 0.0)
    protocol.end(0.0)
    protocol.receive(ended("t1"), 0.0)
    assert protocol.start(CONFIG, 1.0) == 2
    assert protocol.messages_to_send() == [START, END, START]
    assert protocol.messages_to_send() == []
    assert told(protocol) == [(1, "RecognitionStarted"), (1, "RecognitionEnded")]


def test_renewal() -> None:
    """Cancel and start in one breath: START waits for END."""
    protocol = streaming()
    protocol.end(1.0, cancel=True)
    assert protocol.start(CONFIG, 1.0) == 2
    assert protocol.messages_to_send() == [CANCEL]
    protocol.receive(encode(result("late")), 1.1)
    protocol.receive(ended("t1", EndReason.CANCEL), 1.2)
    assert protocol.messages_to_send() == [START]
    protocol.receive(started("t2"), 1.3)
    protocol.send_audio(tone(640))
    assert protocol.messages_to_send() == [tone(640)]
    assert told(protocol) == [(1, "RecognitionEnded"), (2, "RecognitionStarted")]


def test_unanswered_end_closes_the_socket() -> None:
    """What comes of that session later could be taken for the next one's: its END, even words."""
    protocol = streaming()
    protocol.end(1.0)
    protocol.start(CONFIG, 1.0)
    protocol.handle_timeout(5.9)
    assert protocol.messages_to_send() == [END]
    protocol.handle_timeout(6.0)
    assert protocol.messages_to_send() == []
    assert told(protocol) == [(1, "RecognitionFailed"), (2, "RecognitionFailed")]
    assert protocol.next_deadline() is None
    assert protocol.is_closed


def test_what_comes_too_late_is_not_the_next_sessions() -> None:
    """END and RESULT of the session before are known by their trace_id."""
    protocol = streaming()
    protocol.receive(ended("t1"), 1.0)
    protocol.start(CONFIG, 1.0)
    protocol.receive(ended("t1"), 6.1)  # before START is answered: no session has begun
    protocol.receive(started("t2"), 6.2)
    protocol.receive(encode(result("old", trace_id="t1")), 6.3)
    protocol.receive(ended("t1"), 6.4)
    protocol.receive(encode(result("new", trace_id="t2")), 6.5)
    protocol.receive(encode(result("newer", trace_id=None)), 6.5)
    assert told(protocol) == [
        (1, "RecognitionEnded"),
        (2, "RecognitionStarted"),
        (2, "Transcribed"),
        (2, "Transcribed"),
    ]


@pytest.mark.parametrize("trace_id", ["same", None])
def test_one_trace_for_the_whole_socket_is_no_hindrance(trace_id: str | None) -> None:
    """Some services may not change it, or not give any."""
    protocol = RecognitionProtocol()
    for _ in range(2):
        protocol.start(CONFIG, 0.0)
        protocol.receive(started(trace_id), 0.0)
        protocol.end(0.0)
        protocol.receive(encode(result("a", trace_id=trace_id)), 0.0)
        protocol.receive(ended(trace_id), 0.0)
    names = ["RecognitionStarted", "Transcribed", "RecognitionEnded"]
    assert told(protocol) == [(n, name) for n in (1, 2) for name in names]


def test_unanswered_start_closes_the_socket() -> None:
    """Its late answer could not be told from the next one's; who waits behind it fails too."""
    protocol = RecognitionProtocol()
    protocol.start(CONFIG, 0.0)
    protocol.end(0.0)
    protocol.start(CONFIG, 1.0)
    assert protocol.next_deadline() == 5.0
    protocol.handle_timeout(5.0)
    assert protocol.is_closed
    assert told(protocol) == [(1, "RecognitionFailed"), (2, "RecognitionFailed")]
    assert protocol.next_deadline() is None


def test_refused_start_leaves_the_socket_open() -> None:
    """ERROR ends the session; the next START goes out at once."""
    protocol = RecognitionProtocol()
    protocol.start(CONFIG, 0.0)
    protocol.receive(encode(ErrorResponse(error_code="SIS.0312", error_msg="busy")), 0.0)
    assert not protocol.is_closed
    protocol.start(CONFIG, 1.0)
    assert protocol.messages_to_send() == [START, START]


def test_what_a_region_does_not_know_is_asked_once() -> None:
    """The next session on the socket begins without it."""
    protocol = RecognitionProtocol()
    protocol.start(CONFIG, 0.0)
    refusal = encode(ErrorResponse(error_code="SIS.0031", error_msg="'digit_norm'"))
    protocol.receive(refusal, 0.0)
    protocol.receive(started(), 0.0)
    protocol.end(1.0)
    protocol.receive(ended(), 1.0)
    protocol.start(CONFIG, 2.0)
    plain = encode(RecognitionStartRequest(plain_config(CONFIG)))
    assert protocol.messages_to_send() == [START, plain, END, plain]
    assert told(protocol) == [(1, "RecognitionStarted"), (1, "RecognitionEnded")]


def test_after_error_start_waits_for_end() -> None:
    """ERROR in a session is followed by END; without it the socket is given up after a second."""
    protocol = streaming()
    protocol.receive(encode(ErrorResponse(error_code="SIS.0305", error_msg="")), 1.0)
    protocol.start(CONFIG, 1.0)
    assert protocol.messages_to_send() == []
    protocol.handle_timeout(2.0)
    assert protocol.is_closed
    assert told(protocol) == [(1, "RecognitionFailed"), (2, "RecognitionFailed")]


def test_end_unasked_frees_the_socket() -> None:
    """The service may end a session by itself; audio and end() then do nothing (8, row 3)."""
    protocol = streaming()
    protocol.receive(ended(), 1.0)
    protocol.send_audio(bytes(640))
    protocol.end(1.0)
    assert protocol.messages_to_send() == []
    assert protocol.start(CONFIG, 1.0) == 2


def test_a_waiting_session_may_be_given_up() -> None:
    """It ends in its turn, and the one behind it starts at once."""
    protocol = streaming()
    for _ in range(2):
        protocol.end(1.0, cancel=True)
        protocol.start(CONFIG, 1.0)
    protocol.receive(ended("t1", EndReason.CANCEL), 2.0)
    assert protocol.messages_to_send() == [CANCEL, START]
    assert told(protocol) == [(1, "RecognitionEnded"), (2, "RecognitionEnded")]


def test_start_in_an_open_session_is_a_mistake() -> None:
    """The caller has to say what becomes of the words so far."""
    protocol = streaming()
    with pytest.raises(RuntimeError, match="session 1 is open"):
        protocol.start(CONFIG, 1.0)


def test_no_more_than_64_sessions_wait() -> None:
    """A loop gone wild is stopped."""
    protocol = streaming()
    for _ in range(63):
        protocol.end(1.0, cancel=True)
        protocol.start(CONFIG, 1.0)
    protocol.end(1.0, cancel=True)
    with pytest.raises(RuntimeError, match="64 sessions"):
        protocol.start(CONFIG, 1.0)


def test_fatal_error_ends_all() -> None:
    """The session on the socket and the one behind it fail with the vendor's code."""
    protocol = streaming()
    protocol.end(1.0)
    protocol.start(CONFIG, 1.0)
    protocol.receive(encode(FatalErrorResponse(error_code="SIS.0304", error_msg="idle")), 1.0)
    assert protocol.is_closed
    found = events_of(protocol)
    assert [event.session for event in found] == [1, 2]
    for event in found:
        assert isinstance(event, RecognitionFailed)
        assert isinstance(event.error, SpeechRejected)
        assert event.error.code == "SIS.0304"


def test_fatal_error_between_sessions_is_no_event() -> None:
    """Nobody waits for anything; the socket is closed all the same."""
    protocol = RecognitionProtocol()
    protocol.receive(encode(FatalErrorResponse(error_code="SIS.0304", error_msg="idle")), 1.0)
    assert protocol.is_closed
    assert told(protocol) == []
    with pytest.raises(SpeechUnavailable, match="closed"):
        protocol.start(CONFIG, 2.0)


@pytest.mark.parametrize("frame", ["", "{", '{"resp_type":7}', '{"trace_id":"t1"}'])
def test_a_frame_that_nobody_can_read_ends_all(frame: str) -> None:
    """What was lost with it cannot be known."""
    protocol = streaming()
    protocol.receive(frame, 1.0)
    (event,) = events_of(protocol)
    assert isinstance(event, RecognitionFailed)
    assert isinstance(event.error, SpeechProtocolError)
    assert event.error.service == "ws://s"
    assert protocol.is_closed


@pytest.mark.parametrize("frame", [b"\0\1", '{"resp_type":"PONG"}', '{"resp_type":"EVENT"}'])
def test_what_is_not_in_the_protocol_is_ignored(frame: str | bytes) -> None:
    """Binary responses, unknown types and unnamed events change nothing."""
    protocol = streaming()
    protocol.receive(frame, 1.0)
    assert told(protocol) == []
    assert not protocol.is_closed


def test_everything_before_the_first_start_is_ignored() -> None:
    """A service may talk; nobody listens yet."""
    protocol = RecognitionProtocol()
    for frame in (started(), ended(), encode(result("a"))):
        protocol.receive(frame, 0.0)
    protocol.handle_timeout(100.0)
    protocol.send_audio(bytes(640))
    protocol.end(0.0)
    assert told(protocol) == []
    assert protocol.messages_to_send() == []


def test_a_lost_socket_fails_every_session_once() -> None:
    """In order, and nothing twice."""
    protocol = streaming()
    protocol.end(1.0)
    protocol.start(CONFIG, 1.0)
    protocol.connection_lost(SpeechUnavailable("cut"))
    protocol.connection_lost(SpeechUnavailable("cut again"))
    assert told(protocol) == [(1, "RecognitionFailed"), (2, "RecognitionFailed")]


def test_closing_cancels_every_session() -> None:
    """Who closes the socket wants no failure, and no wait."""
    protocol = streaming()
    protocol.end(1.0)
    protocol.start(CONFIG, 1.0)
    protocol.close()
    cancelled = [
        RecognitionEnded(session=1, trace_id="t1", reason=EndReason.CANCEL),
        RecognitionEnded(session=2, trace_id=None, reason=EndReason.CANCEL),
    ]
    assert events_of(protocol) == cancelled
    assert protocol.is_closed


def test_words_are_one_line_that_somebody_can_have_said() -> None:
    """Whoever reads them holds up all other calls."""
    protocol = streaming()
    protocol.receive(encode(result("one\ntwo\x00 " + "three " * 8000)), 1.0)
    (event,) = events_of(protocol)
    assert isinstance(event, Transcribed)
    assert event.text.startswith("one two three three")
    assert len(event.text) == 1500
