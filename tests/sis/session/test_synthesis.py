"""One synthesis: every state with every input, and the errors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from ivr_agi.errors import SpeechError, SpeechProtocolError, SpeechRejected, SpeechUnavailable
from ivr_agi.sis.session.synthesis import (
    MIN_LONGEST_S,
    S_PER_CHARACTER,
    SYNTHESIS_TRANSITIONS,
    SynthesisInput,
    SynthesisSession,
    SynthesisState,
)
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndResponse,
    ErrorResponse,
    FatalErrorResponse,
    StartResponse,
    SynthesisConfig,
    SynthesisStartRequest,
    encode,
)

CONFIG = SynthesisConfig(property="english_cameal_common")
STARTED = encode(StartResponse(trace_id="t1"))
ENDED = encode(EndResponse(trace_id="t1"))
ERROR = encode(ErrorResponse(trace_id="t2", error_code="SIS.0411", error_msg="voice"))
FATAL = encode(FatalErrorResponse(error_code="SIS.0304", error_msg="wait voice timeout"))

Act = Callable[[SynthesisSession], object]

ACTS: dict[SynthesisInput, Act] = {
    SynthesisInput.START: lambda s: s.start("hi", CONFIG, 10.0),
    SynthesisInput.STARTED: lambda s: s.receive(STARTED),
    SynthesisInput.AUDIO: lambda s: s.receive(b"\1\2"),
    SynthesisInput.ENDED: lambda s: s.receive(ENDED),
    SynthesisInput.ERROR: lambda s: s.receive(ERROR),
    SynthesisInput.TIMEOUT: lambda s: s.handle_timeout(),
    SynthesisInput.LOST: lambda s: s.lose(SpeechUnavailable("cut")),
}
PATHS: dict[SynthesisState, list[SynthesisInput]] = {
    SynthesisState.IDLE: [],
    SynthesisState.STARTING: [SynthesisInput.START],
    SynthesisState.STARTED: [SynthesisInput.START, SynthesisInput.STARTED],
    SynthesisState.SPEAKING: [SynthesisInput.START, SynthesisInput.AUDIO],
    SynthesisState.OVER: [SynthesisInput.START, SynthesisInput.ENDED],
}
CELLS = """
idle      start    starting
idle      lost     over
starting  started  started
starting  audio    speaking
starting  ended    over
starting  error    over
starting  timeout  over
starting  lost     over
started   audio    speaking
started   ended    over
started   error    over
started   timeout  over
started   lost     over
speaking  audio    speaking
speaking  ended    over
speaking  error    over
speaking  timeout  over
speaking  lost     over
"""
EXPECTED = {(row[0], row[1]): row[2] for row in map(str.split, CELLS.split("\n")) if row}


def session_in(state: SynthesisState) -> SynthesisSession:
    """A synthesis that has come to ``state``."""
    session = SynthesisSession(service="ws://s")
    for what in PATHS[state]:
        ACTS[what](session)
    assert session.state is state
    return session


@pytest.mark.parametrize("what", list(SynthesisInput), ids=lambda what: what.value)
@pytest.mark.parametrize("state", list(SynthesisState), ids=lambda state: state.value)
def test_every_cell(state: SynthesisState, what: SynthesisInput) -> None:
    """Each input in each state leads where the document says, or changes nothing."""
    session = session_in(state)
    with contextlib.suppress(SpeechError):
        ACTS[what](session)
    assert session.state.value == EXPECTED.get((state.value, what.value), state.value)
    assert session.is_over == (session.state is SynthesisState.OVER)
    assert set(SYNTHESIS_TRANSITIONS) == set(SynthesisState)


def test_a_synthesis_from_start_to_end() -> None:
    """START out; audio comes as it is, the trace once, END ends it."""
    traces: list[str] = []
    session = SynthesisSession(on_trace=traces.append)
    assert session.start("hi", CONFIG, 10.0) == encode(SynthesisStartRequest("hi", CONFIG))
    frames: list[str | bytes] = [STARTED, b"\1\2", b"", '{"resp_type":"NEW"}', b"\3", ENDED]
    assert [session.receive(frame) for frame in frames] == [b"", b"\1\2", b"", b"", b"\3", b""]
    assert session.is_over
    assert traces == ["t1"]
    assert session.trace_id == "t1"


def test_audio_after_the_end_is_dropped() -> None:
    """END is the end."""
    assert session_in(SynthesisState.OVER).receive(b"\1\2") == b""


@pytest.mark.parametrize("state", [SynthesisState.STARTED, SynthesisState.SPEAKING])
def test_subtitles_are_ignored(state: SynthesisState) -> None:
    """Nobody asks for them (9)."""
    session = session_in(state)
    assert session.receive('{"resp_type":"RESULT","trace_id":"t","result":[]}') == b""
    assert session.state is state


def test_the_first_audio_is_timed_from_start() -> None:
    """The START response does not prolong the wait; later waits count from their own beginning."""
    session = SynthesisSession(first_audio_timeout_s=3.0, stall_timeout_s=2.0)
    session.start("hi", CONFIG, 10.0)
    assert session.deadline(11.0) == 13.0
    session.receive(STARTED)
    assert session.deadline(12.0) == 13.0
    session.receive(b"\1\2")
    assert session.deadline(20.0) == 22.0


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (SynthesisState.STARTING, "no audio within 5 s of START"),
        (SynthesisState.STARTED, "no audio within 5 s of START"),
        (SynthesisState.SPEAKING, "audio 5 s late, and no END"),
    ],
)
def test_a_stall_is_named(state: SynthesisState, reason: str) -> None:
    """The error says what did not come, and from whom."""
    with pytest.raises(SpeechUnavailable) as caught:
        session_in(state).handle_timeout()
    assert (caught.value.service, caught.value.reason) == ("ws://s", reason)


@pytest.mark.parametrize(("frame", "code"), [(ERROR, "SIS.0411"), (FATAL, "SIS.0304")])
@pytest.mark.parametrize("state", [SynthesisState.STARTING, SynthesisState.SPEAKING])
def test_errors_end_it(state: SynthesisState, frame: str, code: str) -> None:
    """ERROR and FATAL_ERROR are the same here: a socket has one synthesis."""
    session = session_in(state)
    with pytest.raises(SpeechRejected) as caught:
        session.receive(frame)
    assert caught.value.code == code
    assert caught.value.service == "ws://s"


@pytest.mark.parametrize("reason", [EndReason.ERROR, EndReason.CANCEL, "LUNCH"])
def test_only_end_normal_is_success(reason: str) -> None:
    """A prompt that was cut short must not pass for a whole one."""
    session = session_in(SynthesisState.SPEAKING)
    with pytest.raises(SpeechRejected) as caught:
        session.receive(encode(EndResponse(trace_id="t3", reason=reason)))
    assert caught.value.code == f"END {reason}"
    assert caught.value.trace_id == "t3"


def test_a_frame_that_nobody_can_read_ends_it() -> None:
    """And says from whom it came."""
    session = session_in(SynthesisState.STARTED)
    with pytest.raises(SpeechProtocolError, match="ws://s: "):
        session.receive("{")
    assert session.is_over


def test_a_trickle_is_no_progress() -> None:
    """All waits together may be longer than the audio by the limit of one."""
    session = SynthesisSession(first_audio_timeout_s=3.0, stall_timeout_s=2.0)
    session.start("hi", CONFIG, 0.0)
    session.receive(STARTED)
    session.receive(bytes(16))  # 1 ms of audio a second
    now = 0.0
    for _ in range(2):
        assert session.deadline(now) > now
        session.waited(1.0)
        session.receive(bytes(16))
        now += 1.0
    assert session.deadline(now) == pytest.approx(now, abs=0.01)


def test_audio_ahead_of_time_earns_a_wait() -> None:
    """But no single one is longer than the limit."""
    session = SynthesisSession(stall_timeout_s=2.0)
    session.start("hi", CONFIG, 0.0)
    session.receive(bytes(16_000 * 5))
    for _ in range(3):
        assert session.deadline(0.0) == 2.0
        session.waited(1.9)
    assert session.deadline(0.0) == pytest.approx(1.3)


@pytest.mark.parametrize("audio_format", ["pcm", "ulaw"])
def test_a_synthesis_without_end_is_ended(audio_format: str) -> None:
    """Its length is bounded by that of the text."""
    config = SynthesisConfig(audio_format=audio_format)
    bytes_per_s = 16_000 if audio_format == "pcm" else 8_000
    session = SynthesisSession(service="ws://s")
    session.start("hi", config, 0.0)
    longest_s = int(MIN_LONGEST_S + 2 * S_PER_CHARACTER)
    for _ in range(longest_s):
        session.receive(bytes(bytes_per_s))
    with pytest.raises(SpeechProtocolError, match="more than 12 s of audio"):
        session.receive(b"\0\0")
    assert session.is_over
