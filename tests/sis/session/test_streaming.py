"""One stream of synthesis: every state with every input, and when the service is late."""

from __future__ import annotations

import json

import pytest

from ivr_agi.errors import SpeechError, SpeechProtocolError, SpeechRejected, SpeechUnavailable
from ivr_agi.sis.session.streaming import (
    STREAMING_TRANSITIONS,
    StreamingInput,
    StreamingSession,
    StreamingState,
)
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndResponse,
    ErrorResponse,
    FatalErrorResponse,
    StartResponse,
    encode,
)
from ivr_agi.sis.wire.streaming import StreamingConfig

VOICE = StreamingConfig(voice_name="chinese_huaxiaoli_common", sample_rate="8000")
STARTED, ENDED = encode(StartResponse(trace_id="t1")), encode(EndResponse(trace_id="t1"))
AUDIO = bytes(1600)


def opened() -> StreamingSession:
    """A stream whose START is accepted."""
    session = StreamingSession(answer_timeout_s=2.0, service="ws://s")
    session.start(VOICE, 0.0)
    assert session.receive(STARTED, 0.1) == b""
    assert session.is_open
    return session


def test_a_stream_from_start_to_end() -> None:
    """Text goes out as it comes, audio comes in, END of each side."""
    traces: list[str] = []
    session = StreamingSession(on_trace=traces.append)
    assert json.loads(session.start(VOICE, 0.0))["command"] == "START"
    assert session.say("too early", 0.0) == []
    session.receive(STARTED, 0.1)
    assert [json.loads(message) for message in session.say("你好，", 0.2)] == [
        {"command": "MSG", "text": "你好，"}
    ]
    assert session.receive(AUDIO, 0.3) == AUDIO
    assert session.say("", 0.3) == []
    assert [json.loads(message) for message in session.end(0.4)] == [{"command": "END"}]
    assert session.end(0.5) == []
    assert session.receive(AUDIO, 0.6) == AUDIO
    assert session.receive(ENDED, 0.7) == b""
    assert session.is_over
    assert session.receive(AUDIO, 0.8) == b""
    assert traces == ["t1"]


def test_long_text_goes_in_several_messages() -> None:
    """Of 300 characters (sis_03_0172)."""
    sent = opened().say("x" * 700, 0.2)
    assert [len(json.loads(message)["text"]) for message in sent] == [300, 300, 100]


def test_when_the_service_is_late() -> None:
    """It owes START's answer, the first audio once it has text, and the rest after END."""
    session = StreamingSession(answer_timeout_s=2.0)
    session.start(VOICE, 10.0)
    assert session.deadline() == 12.0
    session.receive(STARTED, 11.0)
    assert session.deadline() is None  # nobody has said anything yet
    session.say("你好", 20.0)
    session.say("。", 21.0)
    assert session.deadline() == 22.0
    session.receive(AUDIO, 21.5)
    assert session.deadline() is None  # the next sentence may take its author a while
    session.say("再", 30.0)
    assert session.deadline() is None
    session.end(40.0)
    assert session.deadline() == 42.0
    session.receive(AUDIO, 41.0)
    assert session.deadline() == 43.0
    with pytest.raises(SpeechUnavailable, match="no audio within 2 s") as caught:
        session.handle_timeout()
    assert caught.value.has_waited
    assert session.is_over


def test_no_answer_to_start() -> None:
    """It says what was awaited."""
    session = StreamingSession(answer_timeout_s=2.0)
    session.start(VOICE, 0.0)
    with pytest.raises(SpeechUnavailable, match="no answer to START within 2 s"):
        session.handle_timeout()


@pytest.mark.parametrize("kind", [ErrorResponse, FatalErrorResponse])
def test_a_refusal(kind: type[ErrorResponse] | type[FatalErrorResponse]) -> None:
    """With the vendor's code."""
    session = opened()
    with pytest.raises(SpeechRejected, match=r"SIS\.0411") as caught:
        session.receive(encode(kind(error_code="SIS.0411", error_msg="voice")), 1.0)
    assert caught.value.trace_id == "t1"
    assert session.is_over


def test_an_end_that_is_none() -> None:
    """Whoever waits for all of a text did not get it."""
    session = opened()
    with pytest.raises(SpeechRejected, match="END ERROR"):
        session.receive(encode(EndResponse(reason=EndReason.ERROR)), 1.0)


@pytest.mark.parametrize("message", ["no json", "[]", '{"resp_type": 7}'])
def test_what_cannot_be_read(message: str) -> None:
    """The socket cannot be trusted any more."""
    session = opened()
    with pytest.raises(SpeechProtocolError):
        session.receive(message, 1.0)
    assert session.is_over


def test_what_is_unknown_is_ignored() -> None:
    """New types do no harm."""
    session = opened()
    assert session.receive('{"resp_type": "SHRUG"}', 1.0) == b""
    assert session.is_open


def test_endless_audio() -> None:
    """Ten seconds and one a character are more than any voice needs."""
    session = opened()
    session.say("你", 1.0)
    for _ in range(110):
        session.receive(AUDIO, 2.0)
    with pytest.raises(SpeechProtocolError, match="more than 11 s of audio"):
        session.receive(AUDIO, 2.0)


def test_endless_text() -> None:
    """100,000 characters (sis_03_0158)."""
    session = opened()
    session.say("x" * 100_000, 1.0)
    with pytest.raises(SpeechProtocolError, match="100000 characters"):
        session.say("y", 1.0)


ACTS = {
    StreamingInput.START: lambda s: s.start(VOICE, 0.0),
    StreamingInput.STARTED: lambda s: s.receive(STARTED, 0.0),
    StreamingInput.AUDIO: lambda s: s.receive(AUDIO, 0.0),
    StreamingInput.END: lambda s: s.end(0.0),
    StreamingInput.ENDED: lambda s: s.receive(ENDED, 0.0),
    StreamingInput.ERROR: lambda s: s.receive(encode(ErrorResponse(error_code="SIS.0401")), 0.0),
    StreamingInput.TIMEOUT: lambda s: s.handle_timeout(),
    StreamingInput.LOST: lambda s: s.lose(SpeechUnavailable("gone")),
}
WAY = {
    StreamingState.IDLE: (),
    StreamingState.STARTING: (StreamingInput.START,),
    StreamingState.OPEN: (StreamingInput.START, StreamingInput.STARTED),
    StreamingState.ENDING: (StreamingInput.START, StreamingInput.STARTED, StreamingInput.END),
    StreamingState.OVER: (StreamingInput.START, StreamingInput.STARTED, StreamingInput.ENDED),
}


@pytest.mark.parametrize("what", StreamingInput)
@pytest.mark.parametrize("state", StreamingState)
def test_every_state_with_every_input(state: StreamingState, what: StreamingInput) -> None:
    """The table says where it goes; without a cell, nothing changes."""
    session = StreamingSession()
    for before in WAY[state]:
        ACTS[before](session)
    assert session.state is state
    try:
        ACTS[what](session)
    except SpeechError:
        assert session.is_over or what in (StreamingInput.TIMEOUT, StreamingInput.LOST)
    assert session.state is STREAMING_TRANSITIONS[state].get(what, state)
