"""One recognition session: what the service says, and what is told of it."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from ivr_agi.errors import SpeechRejected
from ivr_agi.sis.session.modes import RecognitionState
from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionFailed,
    TimedWord,
    Transcribed,
)
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndResponse,
    ErrorResponse,
    EventResponse,
    FatalErrorResponse,
    RecognitionStartRequest,
    ResultResponse,
    Segment,
    SegmentText,
    StartResponse,
    Unknown,
    WordInfo,
    encode,
)
from tests.sis.fake import ENDED, STARTED, result
from tests.sis.rig import ERROR, Rig


@pytest.mark.parametrize("response", [EventResponse(event="SNEEZE"), Unknown(resp_type="X")])
def test_what_is_unknown_is_ignored(response: EventResponse | Unknown) -> None:
    """New events and types do no harm (8, rows 16 and 18)."""
    rig = Rig().to(RecognitionState.STREAMING)
    rig.session.receive(response, 10.0)
    assert rig.events == []
    assert rig.session.is_open


def test_every_log_line_has_the_trace(caplog: pytest.LogCaptureFixture) -> None:
    """A line can be found by the id that the service knows."""
    caplog.set_level("DEBUG", "ivr_agi.sis")
    rig = Rig().to(RecognitionState.STREAMING)
    caplog.clear()
    for response in (EventResponse(event="SNEEZE"), Unknown(resp_type="X"), STARTED, ENDED):
        rig.session.receive(response, 10.0)
    assert len(caplog.messages) == 4
    assert all(line.endswith("(session 7, trace t1)") for line in caplog.messages)


def segment(start: int, text: str | None, *, is_final: bool = True) -> Segment:
    """A segment of 500 ms."""
    heard = None if text is None else SegmentText(text=text, score=0.5)
    return Segment(start_time=start, end_time=start + 500, is_final=is_final, result=heard)


def test_every_segment_of_a_result_is_told() -> None:
    """Several in one message, a failed one left out, the score only where it means something."""
    rig = Rig().to(RecognitionState.STREAMING)
    segments = [segment(0, "one"), segment(600, None), segment(1200, "tw", is_final=False)]
    rig.session.receive(ResultResponse(trace_id="t1", segments=segments), 10.0)
    final = Transcribed(
        session=7, trace_id="t1", text="one", is_final=True, score=0.5, start_ms=0, end_ms=500
    )
    interim = dataclasses.replace(
        final, text="tw", is_final=False, score=None, start_ms=1200, end_ms=1700
    )
    assert rig.events == [final, interim]


def test_finals_are_told_by_their_start() -> None:
    """A repeated final is told once, a changed one again, a late interim never (8, row 17)."""
    rig = Rig().to(RecognitionState.STREAMING)
    for text, is_final in [("a", True), ("a", True), ("b", False), ("b", True)]:
        response = ResultResponse(segments=[segment(0, text, is_final=is_final)])
        rig.session.receive(response, 10.0)
    assert [event.text for event in rig.events if isinstance(event, Transcribed)] == ["a", "b"]


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        (RecognitionState.ENDING, "NORMAL", EndReason.NORMAL),
        (RecognitionState.ENDING, "ERROR", EndReason.ERROR),
        (RecognitionState.ENDING, "LUNCH", EndReason.ERROR),
        (RecognitionState.STREAMING, "NORMAL", EndReason.NORMAL),
        (RecognitionState.CANCELLING, "CANCEL", EndReason.CANCEL),
        (RecognitionState.CANCELLING, "NORMAL", EndReason.CANCEL),
        (RecognitionState.CANCELLING, "ERROR", EndReason.ERROR),
    ],
)
def test_the_reason_of_the_end(state: RecognitionState, reason: str, told: EndReason) -> None:
    """As the service says it, but a cancelled session is CANCEL even if END crossed the cancel."""
    rig = Rig().to(state)
    rig.session.receive(EndResponse(reason=reason), 10.0)
    assert rig.last == RecognitionEnded(session=7, trace_id="t1", reason=told)


def test_error_in_a_session_awaits_its_end() -> None:
    """The user knows at once; the socket is free a second later at the latest."""
    rig = Rig().to(RecognitionState.STREAMING)
    rig.session.receive(ERROR, 10.0)
    assert isinstance(rig.last, RecognitionFailed)
    error = rig.last.error
    assert isinstance(error, SpeechRejected)
    assert (error.code, error.trace_id, error.retryable) == ("SIS.0303", "t1", True)
    assert rig.session.deadline == 11.0
    rig.session.receive(ENDED, 10.1)
    assert rig.session.deadline is None
    assert len(rig.events) == 1


def test_refused_start_awaits_nothing() -> None:
    """ERROR without a session has no END; its trace is the error's own."""
    rig = Rig().to(RecognitionState.STARTING)
    rig.session.receive(msgspec.structs.replace(ERROR, trace_id="t9"), 10.0)
    assert rig.session.deadline is None
    assert rig.last.trace_id == "t9"


@pytest.mark.parametrize("code", ["SIS.0031", "SIS.0032"])
def test_a_region_that_knows_fewer_fields(code: str) -> None:
    """START once more without them, with a new deadline; a second refusal is one."""
    refusal = ErrorResponse(trace_id="t1", error_code=code, error_msg="'digit_norm'")
    rig = Rig().to(RecognitionState.STARTING)
    rig.session.receive(refusal, 11.0)
    asked = RecognitionStartRequest(rig.config)
    first, second = (msgspec.json.decode(it)["config"] for it in (encode(asked), rig.frames[-1]))
    assert first.keys() - second.keys() == {"digit_norm", "need_word_info"}
    assert {key: first[key] for key in second} == second
    assert rig.events == []
    assert rig.session.state is RecognitionState.STARTING
    assert rig.session.deadline is not None
    assert rig.session.deadline > 11.0
    rig.session.receive(refusal, 12.0)
    assert [type(event) for event in rig.events] == [RecognitionFailed]


@pytest.mark.parametrize("kind", [ErrorResponse, FatalErrorResponse])
def test_too_much_audio_is_one_event(
    kind: type[ErrorResponse] | type[FatalErrorResponse],
) -> None:
    """SIS.0309 means the same as EXCEEDED_AUDIO, in whatever message it comes (8, row 6)."""
    rig = Rig().to(RecognitionState.STREAMING)
    rig.session.receive(kind(error_code="SIS.0309", error_msg="long"), 10.0)
    assert [type(event) for event in rig.events] == [AudioExceeded, RecognitionFailed]


@pytest.mark.parametrize(
    ("state", "awaited"), [(RecognitionState.STARTING, "START"), (RecognitionState.ENDING, "END")]
)
def test_a_missing_answer_is_named(state: RecognitionState, awaited: str) -> None:
    """The error says what did not come, and from whom."""
    rig = Rig().to(state)
    rig.session.handle_timeout()
    assert isinstance(rig.last, RecognitionFailed)
    assert rig.last.error.reason == f"no answer to {awaited} within 5 s"
    assert rig.last.error.service == "ws://s"
    assert rig.last.error.retryable
    assert rig.session.deadline is None


def test_a_start_without_trace_takes_a_later_one() -> None:
    """``trace_id`` may be missing anywhere (8, row 13)."""
    rig = Rig().to(RecognitionState.STARTING)
    rig.session.receive(StartResponse(), 10.0)
    rig.session.receive(result("a", trace_id="t5"), 10.0)
    rig.session.receive(EndResponse(), 10.0)
    assert [event.trace_id for event in rig.events] == [None, "t5", "t5"]


def test_words_come_with_their_times() -> None:
    """``word_info`` becomes typed words, pieces put together (4.2)."""
    pieces = [WordInfo(start_time=10, end_time=200, word="▁HE"), WordInfo(end_time=300, word="LLO")]
    heard = SegmentText(text="hello", score=0.5, word_info=pieces)
    rig = Rig().to(RecognitionState.STREAMING)
    final = Segment(start_time=0, end_time=400, is_final=True, result=heard)
    rig.session.receive(ResultResponse(segments=[final]), 10.0)
    assert isinstance(rig.last, Transcribed)
    assert rig.last.words == (TimedWord(text="HELLO", start_ms=10, end_ms=300),)
