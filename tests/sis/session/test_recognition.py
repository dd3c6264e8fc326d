"""One recognition session: every mode and state with every input; what is sent, and when."""

from __future__ import annotations

import msgspec
import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.sis.session.modes import (
    RECOGNITION_TRANSITIONS,
    Mode,
    RecognitionInput,
    RecognitionState,
)
from ivr_agi.sis.session.recognition import RecognitionSession
from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionFailed,
    RecognitionStarted,
    SilenceExceeded,
    VoiceStarted,
)
from ivr_agi.sis.wire.formats import FORMATS
from ivr_agi.sis.wire.messages import (
    AUDIO_FORMATS,
    EndReason,
    EndRequest,
    ErrorResponse,
    EventResponse,
    RecognitionStartRequest,
    encode,
)
from tests.sis.fake import CONFIG, ENDED, STARTED, result, tone
from tests.sis.rig import ACTS, Rig

START_FRAME = encode(RecognitionStartRequest(CONFIG))
END_FRAME = encode(EndRequest())
CANCEL_FRAME = encode(EndRequest(cancel=True))

# The tables of sis-protocol.md 6 to 8 once more, by hand: states, inputs, next state ("=": the
# same) and the class of the event that comes out. What is not listed changes nothing.
ALL_MODES = """
waiting                                turn             starting    -
starting                               START            streaming   RecognitionStarted
starting                               ERROR            over        RecognitionFailed
starting                               timeout          over        RecognitionFailed
streaming,hearing,sated,ending         RESULT,_interim   =           Transcribed
streaming,hearing,sated,ending         RESULT,_final    =           Transcribed
streaming,hearing                      EXCEEDED_AUDIO   sated       AudioExceeded
ending                                 EXCEEDED_AUDIO   =           AudioExceeded
streaming,hearing,sated                END              over        RecognitionEnded
streaming,hearing,sated                end()            ending      -
streaming,hearing,sated,ending         end(cancel=True) cancelling  -
streaming,hearing,sated                ERROR            failing     RecognitionFailed
ending,cancelling                      ERROR            failing     RecognitionFailed
ending,cancelling                      END              over        RecognitionEnded
ending,cancelling                      timeout          over        RecognitionFailed
failing                                END              over        -
failing                                timeout          over        -
failing                                FATAL_ERROR      over        -
failing                                lost             over        -
failing                                close()          over        -
waiting,starting,streaming,hearing     FATAL_ERROR      over        RecognitionFailed
sated,ending,cancelling                FATAL_ERROR      over        RecognitionFailed
waiting,starting,streaming,hearing     lost             over        RecognitionFailed
sated,ending,cancelling                lost             over        RecognitionFailed
waiting,starting,streaming,hearing     close()          over        RecognitionEnded
sated,ending,cancelling                close()          over        RecognitionEnded
"""
SENTENCE_ONLY = """
streaming                              VOICE_START      hearing     VoiceStarted
ending                                 VOICE_START      =           VoiceStarted
streaming,hearing                      VOICE_END        sated       VoiceEnded
ending                                 VOICE_END        =           VoiceEnded
streaming,hearing                      EXCEEDED_SILENCE sated       SilenceExceeded
ending                                 EXCEEDED_SILENCE =           SilenceExceeded
"""


def cells(*tables: str) -> dict[tuple[str, str], tuple[str, str]]:
    """The rows of such tables: next state and event by state and input."""
    rows = [row for table in tables for row in map(str.split, table.split("\n")) if row]
    return {
        (state, what.replace("_interim", " interim").replace("_final", " final")): (
            state if next_state == "=" else next_state,
            event,
        )
        for states, what, next_state, event in rows
        for state in states.split(",")
    }


EXPECTED = {
    Mode.SHORT: cells(ALL_MODES),
    Mode.SENTENCE: cells(ALL_MODES, SENTENCE_ONLY),
    Mode.CONTINUE: cells(ALL_MODES),
}
CELLS = [
    pytest.param(mode, state, what, id=f"{mode.name}-{state.value}-{what.name}")
    for mode in Mode
    for state in RECOGNITION_TRANSITIONS[mode]
    for what in ACTS
]


@pytest.mark.parametrize(("mode", "state", "what"), CELLS)
def test_every_cell(mode: Mode, state: RecognitionState, what: RecognitionInput) -> None:
    """Each input in each state leads where the document says, or changes nothing at all."""
    rig = Rig(mode).to(state)
    ACTS[what](rig.session)
    next_state, event = EXPECTED[mode].get((state.value, what.value), (state.value, "-"))
    assert rig.session.state.value == next_state
    assert [type(event).__name__ for event in rig.events] == [event] * (event != "-")


def test_start_is_sent_and_timed() -> None:
    """START has a deadline, which its answer takes away."""
    rig = Rig()
    rig.session.take_turn(10.0)
    assert rig.frames == [START_FRAME]
    assert rig.session.deadline == 15.0
    rig.session.receive(STARTED, 11.0)
    assert rig.session.deadline is None
    assert rig.last == RecognitionStarted(session=7, trace_id="t1")


@pytest.mark.parametrize("state", [RecognitionState.WAITING, RecognitionState.STARTING])
def test_no_audio_is_kept_until_start_is_answered(state: RecognitionState) -> None:
    """Who has it keeps it: the call's link does, for another endpoint, too."""
    rig = Rig().to(state)
    rig.session.send_audio(bytes(640))
    for what in (RecognitionInput.TURN, RecognitionInput.STARTED):
        ACTS[what](rig.session)
    rig.session.send_audio(b"\1" * 640)
    assert rig.audio == b"\1" * 640


def test_a_short_message_is_filled_up() -> None:
    """With silence, to what the service takes; END comes behind it."""
    rig = Rig().to(RecognitionState.STREAMING)
    rig.session.send_audio(b"\1" * 640)
    rig.session.send_audio(b"\1" * 60)
    rig.session.end(20.0)
    assert rig.frames == [b"\1" * 640, b"\1" * 60 + bytes(100), END_FRAME]
    assert rig.session.deadline == 25.0


def test_cancel_asks_for_no_more_words() -> None:
    """END with ``cancel``."""
    rig = Rig().to(RecognitionState.STREAMING)
    rig.session.end(20.0, cancel=True)
    assert rig.frames == [CANCEL_FRAME]


def test_end_twice_sends_one_end() -> None:
    """A second END is nothing; a late cancel drops the results without a message."""
    rig = Rig().to(RecognitionState.STREAMING)
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
    rig = Rig().to(RecognitionState.ENDING)
    rig.session.send_audio(bytes(6400))
    assert rig.frames == []


@pytest.mark.parametrize("cancel", [False, True])
def test_end_before_the_answer_to_start_waits_for_it(cancel: bool) -> None:
    """The service gets END only in a session that it knows."""
    rig = Rig()
    rig.session.take_turn(10.0)
    rig.session.end(10.0, cancel=cancel)
    rig.session.end(10.0)
    rig.session.send_audio(bytes(640))
    assert not rig.session.is_open
    assert rig.frames == [START_FRAME]
    rig.session.receive(STARTED, 12.0)
    assert rig.frames[1:] == [CANCEL_FRAME if cancel else END_FRAME]
    assert rig.session.deadline == 17.0


def test_a_session_cancelled_while_it_waited_is_never_started() -> None:
    """Its turn ends it at once; a mere end() would still have its words recognised."""
    rig = Rig()
    rig.session.end(10.0)
    rig.session.end(10.0, cancel=True)
    rig.session.take_turn(11.0)
    assert rig.frames == []
    assert rig.last == RecognitionEnded(session=7, trace_id=None, reason=EndReason.CANCEL)
    assert rig.session.state is RecognitionState.OVER
    rig.session.take_turn(12.0)
    assert len(rig.events) == 1


@pytest.mark.parametrize("mode", [Mode.SHORT, Mode.CONTINUE])
@pytest.mark.parametrize("name", ["VOICE_START", "VOICE_END", "EXCEEDED_SILENCE"])
def test_only_sentences_have_voice_events(mode: Mode, name: str) -> None:
    """The other modes know none; one that comes all the same does no harm (6; 8, row 16)."""
    rig = Rig(mode).to(RecognitionState.STREAMING)
    rig.session.receive(EventResponse(event=name), 10.0)
    assert rig.events == []
    rig.session.send_audio(bytes(640))
    assert rig.frames == [bytes(640)]


@pytest.mark.parametrize("name", ["VOICE_END", "EXCEEDED_SILENCE", "EXCEEDED_AUDIO"])
def test_no_audio_is_sent_that_would_be_ignored(name: str) -> None:
    """After the sentence is over nothing is sent but END (6, "further audio ignored")."""
    rig = Rig().to(RecognitionState.STREAMING)
    rig.session.receive(EventResponse(event=name), 10.0)
    rig.session.send_audio(bytes(6400))
    assert rig.session.is_open
    rig.session.end(11.0)
    assert rig.frames == [END_FRAME]


def test_silence_may_follow_a_voice() -> None:
    """A noise without words: VOICE_START, then EXCEEDED_SILENCE (7, note)."""
    rig = Rig().to(RecognitionState.STREAMING)
    for name in ("VOICE_START", "VOICE_START", "EXCEEDED_SILENCE", "VOICE_END"):
        rig.session.receive(EventResponse(event=name), 10.0)
    assert [type(event) for event in rig.events] == [VoiceStarted, SilenceExceeded]


@pytest.mark.parametrize("mode", list(Mode))
def test_no_more_audio_is_sent_than_the_service_takes(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the mode's limit the session stops, says so, and has its words (6; 8, row 6)."""
    monkeypatch.setattr("ivr_agi.sis.session.recognition.MAX_AUDIO_S", {mode: 3})
    config = msgspec.structs.replace(
        CONFIG, audio_format="ulaw8k8bit", property="chinese_8k_common"
    )
    rig = Rig(mode, config).to(RecognitionState.STREAMING)
    for _ in range(3):
        rig.session.send_audio(bytes(8000))
    assert rig.events == []
    rig.session.send_audio(bytes(8000))
    rig.session.end(20.0)
    assert rig.last == AudioExceeded(session=7, trace_id="t1")
    assert len(rig.audio) == 24_000
    assert rig.frames[-1] == END_FRAME


def test_our_own_limit_is_told_once() -> None:
    """A service that says SIS.0309 on top of it adds the failure only."""
    rig = Rig().to(RecognitionState.SATED)
    rig.session.receive(ErrorResponse(error_code="SIS.0309", error_msg="long"), 10.0)
    assert isinstance(rig.last, RecognitionFailed)


@pytest.mark.parametrize("name", AUDIO_FORMATS)
def test_every_format_is_sent_as_it_is(name: str) -> None:
    """Bytes in are bytes out (5)."""
    rate = "16k" if "16k" in name else "8k"
    config = msgspec.structs.replace(CONFIG, audio_format=name, property=f"chinese_{rate}_general")
    rig = Rig(Mode.SHORT, config).to(RecognitionState.STREAMING)
    per_ms = FORMATS[name].bytes_per_ms
    audio = tone(100 * per_ms)
    rig.session.send_audio(audio)
    assert rig.frames == [audio]


@pytest.mark.parametrize(
    ("key", "value"),
    [("audio_format", "alaw16k8bit"), ("vad_head", 0), ("audio_format", "pcm16k16bit")],
)
def test_what_would_go_wrong_is_refused(key: str, value: object) -> None:
    """Another rate than the model's is SIS.0301, and 0 means different things to services."""
    config = msgspec.structs.replace(CONFIG, **{key: value})
    with pytest.raises(ConfigError, match=key):
        RecognitionSession(1, config, send=print, emit=print)
