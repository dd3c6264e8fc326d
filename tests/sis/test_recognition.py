"""One recognition session: every state with every input, and what each of them does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from ivr_agi.errors import ConfigError, SpeechRejected, SpeechUnavailable
from ivr_agi.sis.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionEvent,
    RecognitionFailed,
    RecognitionStarted,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)
from ivr_agi.sis.messages import (
    EndReason,
    EndRequest,
    EndResponse,
    ErrorResponse,
    EventResponse,
    FatalErrorResponse,
    ResultResponse,
    Segment,
    SegmentText,
    StartRecognition,
    StartResponse,
    Unknown,
    encode,
)
from ivr_agi.sis.recognition import (
    MAX_WAITING_BYTES,
    TRANSITIONS,
    RecognitionSession,
    SessionInput,
    SessionState,
)
from tests.sis.fake import CONFIG, ENDED, STARTED, VOICE_START, result, tone

START_FRAME = encode(StartRecognition(CONFIG))
END_FRAME = encode(EndRequest())
CANCEL_FRAME = encode(EndRequest(cancel=True))
ERROR = ErrorResponse(trace_id="t1", error_code="SIS.0303", error_msg="engine")
FATAL = FatalErrorResponse(trace_id="t1", error_code="SIS.0304", error_msg="idle")
LOST = SpeechUnavailable("cut")


@dataclass
class Rig:
    """A session and all that came out of it."""

    frames: list[str | bytes] = field(default_factory=list)
    events: list[RecognitionEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = RecognitionSession(
            7, CONFIG, send=self.frames.append, emit=self.events.append, service="ws://s"
        )

    def to(self, state: SessionState) -> Rig:
        """Bring it into ``state`` and forget what came out on the way."""
        for act in PATHS[state]:
            act(self.session)
        assert self.session.state is state
        self.frames.clear()
        self.events.clear()
        return self

    @property
    def last(self) -> RecognitionEvent:
        """The one event that came out."""
        (event,) = self.events
        return event


Act = Callable[[RecognitionSession], object]

ACTS: dict[SessionInput, Act] = {
    SessionInput.TURN: lambda s: s.take_turn(10.0),
    SessionInput.STARTED: lambda s: s.receive(STARTED, 10.0),
    SessionInput.RESULT: lambda s: s.receive(result("yes"), 10.0),
    SessionInput.EVENT: lambda s: s.receive(VOICE_START, 10.0),
    SessionInput.ERROR: lambda s: s.receive(ERROR, 10.0),
    SessionInput.FATAL_ERROR: lambda s: s.receive(FATAL, 10.0),
    SessionInput.ENDED: lambda s: s.receive(ENDED, 10.0),
    SessionInput.END: lambda s: s.end(10.0),
    SessionInput.CANCEL: lambda s: s.end(10.0, cancel=True),
    SessionInput.TIMEOUT: lambda s: s.handle_timeout(),
    SessionInput.LOST: lambda s: s.lose(LOST),
    SessionInput.CLOSED: lambda s: s.close(),
}
TO_STREAMING = [ACTS[SessionInput.TURN], ACTS[SessionInput.STARTED]]
PATHS: dict[SessionState, list[Act]] = {
    SessionState.WAITING: [],
    SessionState.STARTING: TO_STREAMING[:1],
    SessionState.STREAMING: TO_STREAMING,
    SessionState.ENDING: [*TO_STREAMING, ACTS[SessionInput.END]],
    SessionState.CANCELLING: [*TO_STREAMING, ACTS[SessionInput.CANCEL]],
    SessionState.FAILING: [*TO_STREAMING, ACTS[SessionInput.ERROR]],
    SessionState.OVER: [*TO_STREAMING, ACTS[SessionInput.ENDED]],
}

# The table of sis-protocol.md 7 and 8 once more, by hand: state, input, next state, and the class
# of the event that comes out. What is not listed changes nothing.
CELLS = """
waiting     turn         starting    -
waiting     fatal_error  over        RecognitionFailed
waiting     lost         over        RecognitionFailed
waiting     closed       over        RecognitionEnded
starting    started      streaming   RecognitionStarted
starting    error        over        RecognitionFailed
starting    fatal_error  over        RecognitionFailed
starting    timeout      over        RecognitionFailed
starting    lost         over        RecognitionFailed
starting    closed       over        RecognitionEnded
streaming   result       streaming   Transcribed
streaming   event        streaming   VoiceStarted
streaming   error        failing     RecognitionFailed
streaming   fatal_error  over        RecognitionFailed
streaming   ended        over        RecognitionEnded
streaming   end          ending      -
streaming   cancel       cancelling  -
streaming   lost         over        RecognitionFailed
streaming   closed       over        RecognitionEnded
ending      result       ending      Transcribed
ending      event        ending      VoiceStarted
ending      error        failing     RecognitionFailed
ending      fatal_error  over        RecognitionFailed
ending      ended        over        RecognitionEnded
ending      cancel       cancelling  -
ending      timeout      over        RecognitionFailed
ending      lost         over        RecognitionFailed
ending      closed       over        RecognitionEnded
cancelling  error        failing     RecognitionFailed
cancelling  fatal_error  over        RecognitionFailed
cancelling  ended        over        RecognitionEnded
cancelling  timeout      over        RecognitionFailed
cancelling  lost         over        RecognitionFailed
cancelling  closed       over        RecognitionEnded
failing     fatal_error  over        -
failing     ended        over        -
failing     timeout      over        -
failing     lost         over        -
failing     closed       over        -
"""
EXPECTED = {tuple(row[:2]): tuple(row[2:]) for row in map(str.split, CELLS.split("\n")) if row}


@pytest.mark.parametrize("what", list(ACTS), ids=lambda what: what.value)
@pytest.mark.parametrize("state", list(SessionState), ids=lambda state: state.value)
def test_every_cell(state: SessionState, what: SessionInput) -> None:
    """Each input in each state leads where the document says, or changes nothing at all."""
    rig = Rig().to(state)
    ACTS[what](rig.session)
    next_state, event = EXPECTED.get((state.value, what.value), (state.value, "-"))
    assert rig.session.state.value == next_state
    assert [type(event).__name__ for event in rig.events] == [event] * (event != "-")


def test_the_table_names_every_state() -> None:
    """No state can be entered that has no row, and only the last one has an empty row."""
    assert set(TRANSITIONS) == set(SessionState)
    assert [state for state, row in TRANSITIONS.items() if not row] == [SessionState.OVER]


def test_start_is_sent_and_timed() -> None:
    """START has a deadline, which its answer takes away."""
    rig = Rig()
    rig.session.take_turn(10.0)
    assert rig.frames == [START_FRAME]
    assert rig.session.deadline == 15.0
    rig.session.receive(STARTED, 11.0)
    assert rig.session.deadline is None
    assert rig.last == RecognitionStarted(session=7, trace_id="t1")


def test_audio_waits_for_the_answer_to_start() -> None:
    """What was said before goes out first, cut into chunks."""
    rig = Rig()
    pcm = tone(1600)
    rig.session.send_audio(pcm[:500])
    rig.session.take_turn(10.0)
    rig.session.send_audio(pcm[500:1300])
    assert rig.frames == [START_FRAME]
    rig.session.receive(STARTED, 10.0)
    rig.session.send_audio(pcm[1300:])
    assert rig.frames[1:] == [pcm[:640], pcm[640:1280]]


def test_only_the_newest_five_seconds_wait() -> None:
    """The oldest audio is dropped and counted."""
    rig = Rig()
    pcm = tone(MAX_WAITING_BYTES + 320)
    rig.session.send_audio(pcm)
    assert rig.session.chunker.dropped_bytes == 320
    rig.session.take_turn(10.0)
    rig.session.receive(STARTED, 10.0)
    assert b"".join(f for f in rig.frames if isinstance(f, bytes)) == pcm[320:]


def test_end_sends_the_tail_first() -> None:
    """END NORMAL comes after all audio, the short rest filled with silence."""
    rig = Rig().to(SessionState.STREAMING)
    rig.session.send_audio(b"\1" * 700)
    rig.session.end(20.0)
    assert rig.frames == [b"\1" * 640, b"\1" * 60 + bytes(100), END_FRAME]
    assert rig.session.deadline == 25.0


def test_cancel_sends_no_tail() -> None:
    """END with ``cancel`` drops what is not sent yet."""
    rig = Rig().to(SessionState.STREAMING)
    rig.session.send_audio(bytes(300))
    rig.session.end(20.0, cancel=True)
    assert rig.frames == [CANCEL_FRAME]


def test_end_twice_sends_one_end() -> None:
    """A second END is nothing; a late cancel drops the results without a message."""
    rig = Rig().to(SessionState.STREAMING)
    rig.session.end(20.0)
    rig.session.end(21.0)
    rig.session.end(22.0, cancel=True)
    assert rig.frames == [END_FRAME]
    assert rig.session.deadline == 27.0
    rig.session.receive(result("late"), 23.0)
    rig.session.receive(ENDED, 23.0)
    assert rig.last == RecognitionEnded(session=7, trace_id="t1", reason=EndReason.CANCEL)


def test_audio_after_the_end_is_dropped() -> None:
    """The service would not take it."""
    rig = Rig().to(SessionState.ENDING)
    rig.session.send_audio(bytes(6400))
    assert rig.frames == []


@pytest.mark.parametrize("cancel", [False, True])
def test_end_before_the_answer_to_start_waits_for_it(cancel: bool) -> None:
    """The service gets END only in a session that it knows."""
    rig = Rig()
    rig.session.take_turn(10.0)
    rig.session.send_audio(bytes(640))
    rig.session.end(10.0, cancel=cancel)
    rig.session.end(10.0)
    rig.session.send_audio(bytes(640))
    assert not rig.session.is_open
    assert rig.frames == [START_FRAME]
    rig.session.receive(STARTED, 12.0)
    assert rig.frames[1:] == ([CANCEL_FRAME] if cancel else [bytes(640), END_FRAME])
    assert rig.session.deadline == 17.0


def test_a_session_cancelled_while_it_waited_is_never_started() -> None:
    """Its turn ends it at once; a mere end() would still have its words recognised."""
    rig = Rig()
    rig.session.end(10.0)
    rig.session.end(10.0, cancel=True)
    rig.session.take_turn(11.0)
    assert rig.frames == []
    assert rig.last == RecognitionEnded(session=7, trace_id=None, reason=EndReason.CANCEL)
    assert rig.session.state is SessionState.OVER
    rig.session.take_turn(12.0)
    assert len(rig.events) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("VOICE_START", VoiceStarted),
        ("VOICE_END", VoiceEnded),
        ("EXCEEDED_SILENCE", SilenceExceeded),
        ("EXCEEDED_AUDIO", AudioExceeded),
    ],
)
def test_every_event_of_the_mode_has_a_type(name: str, kind: type[RecognitionEvent]) -> None:
    """Each EVENT becomes its own class, and leaves the session open."""
    rig = Rig().to(SessionState.STREAMING)
    rig.session.receive(EventResponse(event=name), 10.0)
    assert rig.last == kind(session=7, trace_id="t1")
    assert rig.session.is_open


@pytest.mark.parametrize("response", [EventResponse(event="SNEEZE"), Unknown(resp_type="X")])
def test_what_is_unknown_is_ignored(response: EventResponse | Unknown) -> None:
    """New events and types do no harm (8, rows 16 and 18)."""
    rig = Rig().to(SessionState.STREAMING)
    rig.session.receive(response, 10.0)
    assert rig.events == []
    assert rig.session.is_open


def segment(start: int, text: str | None, *, is_final: bool = True) -> Segment:
    """A segment of 500 ms."""
    heard = None if text is None else SegmentText(text=text, score=0.5)
    return Segment(start_time=start, end_time=start + 500, is_final=is_final, result=heard)


def test_every_segment_of_a_result_is_told() -> None:
    """Several in one message, a failed one left out, the score only where it means something."""
    rig = Rig().to(SessionState.STREAMING)
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
    rig = Rig().to(SessionState.STREAMING)
    for text, is_final in [("a", True), ("a", True), ("b", False), ("b", True)]:
        response = ResultResponse(segments=[segment(0, text, is_final=is_final)])
        rig.session.receive(response, 10.0)
    assert [event.text for event in rig.events if isinstance(event, Transcribed)] == ["a", "b"]


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        (SessionState.ENDING, "NORMAL", EndReason.NORMAL),
        (SessionState.ENDING, "ERROR", EndReason.ERROR),
        (SessionState.ENDING, "LUNCH", EndReason.ERROR),
        (SessionState.STREAMING, "NORMAL", EndReason.NORMAL),
        (SessionState.CANCELLING, "CANCEL", EndReason.CANCEL),
        (SessionState.CANCELLING, "NORMAL", EndReason.CANCEL),
        (SessionState.CANCELLING, "ERROR", EndReason.ERROR),
    ],
)
def test_the_reason_of_the_end(state: SessionState, reason: str, told: EndReason) -> None:
    """As the service says it, but a cancelled session is CANCEL even if END crossed the cancel."""
    rig = Rig().to(state)
    rig.session.receive(EndResponse(reason=reason), 10.0)
    assert rig.last == RecognitionEnded(session=7, trace_id="t1", reason=told)


def test_error_in_a_session_awaits_its_end() -> None:
    """The user knows at once; the socket is free a second later at the latest."""
    rig = Rig().to(SessionState.STREAMING)
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
    rig = Rig().to(SessionState.STARTING)
    rig.session.receive(msgspec.structs.replace(ERROR, trace_id="t9"), 10.0)
    assert rig.session.deadline is None
    assert rig.last.trace_id == "t9"


@pytest.mark.parametrize("kind", [ErrorResponse, FatalErrorResponse])
def test_too_much_audio_is_one_event(
    kind: type[ErrorResponse] | type[FatalErrorResponse],
) -> None:
    """SIS.0309 means the same as EXCEEDED_AUDIO, in whatever message it comes (8, row 6)."""
    rig = Rig().to(SessionState.STREAMING)
    rig.session.receive(kind(error_code="SIS.0309", error_msg="long"), 10.0)
    assert [type(event) for event in rig.events] == [AudioExceeded, RecognitionFailed]


@pytest.mark.parametrize(
    ("state", "awaited"), [(SessionState.STARTING, "START"), (SessionState.ENDING, "END")]
)
def test_a_missing_answer_is_named(state: SessionState, awaited: str) -> None:
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
    rig = Rig().to(SessionState.STARTING)
    rig.session.receive(StartResponse(), 10.0)
    rig.session.receive(result("a", trace_id="t5"), 10.0)
    rig.session.receive(EndResponse(), 10.0)
    assert [event.trace_id for event in rig.events] == [None, "t5", "t5"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("audio_format", "alaw8k8bit"), ("vad_head", 0), ("audio_format", "ulaw8k8bit")],
)
def test_what_this_client_cannot_do_is_refused(key: str, value: object) -> None:
    """Other formats are not converted, and 0 means different things to different services."""
    config = msgspec.structs.replace(CONFIG, **{key: value})
    with pytest.raises(ConfigError, match=key):
        RecognitionSession(1, config, send=print, emit=print)
