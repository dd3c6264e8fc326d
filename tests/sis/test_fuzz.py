"""Whatever a service sends, in whatever order: nothing is raised, and each session ends once."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_agi.errors import SpeechError, SpeechProtocolError, SpeechUnavailable
from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.session.socket_protocol import RecognitionProtocol
from ivr_agi.sis.session.synthesis import SynthesisSession
from ivr_agi.sis.wire.events import RecognitionEnded, RecognitionEvent, RecognitionFailed
from ivr_agi.sis.wire.formats import FORMATS
from ivr_agi.sis.wire.messages import SynthesisConfig
from tests.sis.fake import CONFIG

TRACES = st.sampled_from([None, "t1", "t2"])
TIMES = st.integers(0, 3) | st.none() | st.just("10")
RESULTS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(["", "yes", "好"]),
        "score": st.floats(0, 1) | st.none(),
        "word_info": st.none()
        | st.lists(st.fixed_dictionaries({"word": st.sampled_from(["▁HE", "LLO", ""])})),
    },
)
SEGMENTS = st.fixed_dictionaries(
    {},
    optional={
        "start_time": TIMES,
        "end_time": TIMES,
        "is_final": st.booleans(),
        "result": RESULTS | st.none(),
    },
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "trace_id": TRACES,
    "segments": st.lists(SEGMENTS, max_size=3),
    "result": st.lists(SEGMENTS, max_size=2),
    "event": st.sampled_from(
        ["VOICE_START", "VOICE_END", "EXCEEDED_SILENCE", "EXCEEDED_AUDIO", "SNEEZE", ""]
    ),
    "reason": st.sampled_from(["NORMAL", "CANCEL", "ERROR", "LUNCH"]),
    "error_code": st.sampled_from(["SIS.0309", "SIS.0032", "SIS.0304", ""]),
    "unknown": st.integers(),
}
KINDS = st.sampled_from(["START", "RESULT", "EVENT", "ERROR", "FATAL_ERROR", "END", "PONG"])
RESPONSES = st.builds(
    lambda kind, fields: json.dumps({"resp_type": kind, **fields}),
    KINDS,
    st.fixed_dictionaries({}, optional=FIELDS),
)
FRAMES = RESPONSES | RESPONSES | RESPONSES | st.text(max_size=30) | st.binary(max_size=30)
"""Mostly messages; some have missing fields or wrong types, and some frames are none at all."""

USER = st.sampled_from(["start", "audio", "end", "cancel", "wait"])


def ends(events: list[RecognitionEvent], session: int) -> int:
    """How many last events a session had."""
    last = RecognitionEnded | RecognitionFailed
    return sum(isinstance(event, last) and event.session == session for event in events)


class Rig:
    """A protocol, all that came out of it, and a clock."""

    def __init__(self, mode: Mode, audio_format: str) -> None:
        rate = "16k" if "16k" in audio_format else "8k"
        self.config = msgspec.structs.replace(
            CONFIG, audio_format=audio_format, property=f"chinese_{rate}_general"
        )
        self.protocol = RecognitionProtocol(mode=mode)
        self.events: list[RecognitionEvent] = []
        self.n_started = 0
        self.is_open = False
        self.now = 0.0

    def act(self, what: str) -> None:
        """What a user may do, or time."""
        match what:
            case "start" if not self.protocol.is_closed:
                self.protocol.end(self.now)
                self.n_started = self.protocol.start(self.config, self.now)
            case "audio":
                self.protocol.send_audio(bytes(700))
            case "end":
                self.protocol.end(self.now)
            case "cancel":
                self.protocol.end(self.now, cancel=True)
            case "wait":
                self.now += 3.0
                self.protocol.handle_timeout(self.now)

    def collect(self) -> None:
        """Take what came out."""
        for frame in self.protocol.messages_to_send():
            assert isinstance(frame, str) or 160 <= len(frame) <= 65_536
        while (event := self.protocol.next_event()) is not None:
            self.events.append(event)


@settings(max_examples=400)
@given(
    st.sampled_from(Mode),
    st.sampled_from(sorted(FORMATS)),
    st.lists(st.tuples(USER) | FRAMES, max_size=25),
    st.booleans(),
)
def test_recognition(
    mode: Mode, audio_format: str, steps: list[tuple[str] | str | bytes], lost: bool
) -> None:
    """Nothing is raised; no session ends twice, and when the socket goes all have ended."""
    rig = Rig(mode, audio_format)
    rig.act("start")
    for step in steps:
        if isinstance(step, tuple):
            rig.act(*step)
        else:
            rig.protocol.receive(step, rig.now)
        rig.collect()
    if lost:
        rig.protocol.connection_lost(SpeechUnavailable("cut"))
    else:
        rig.protocol.close()
    rig.collect()
    assert [ends(rig.events, number + 1) for number in range(rig.n_started)] == [1] * rig.n_started
    for number in range(1, rig.n_started + 1):
        own = [event for event in rig.events if event.session == number]
        assert isinstance(own[-1], RecognitionEnded | RecognitionFailed)
    assert [event.session for event in rig.events] == sorted(e.session for e in rig.events)
    assert rig.protocol.next_deadline() is None


@settings(max_examples=200)
@given(st.text(max_size=30))
def test_a_frame_that_nobody_can_read_is_an_event(frame: str) -> None:
    """The error is told, not raised, and the socket is not used any more."""
    rig = Rig(Mode.CONTINUE, "pcm8k16bit")
    rig.act("start")
    rig.protocol.receive(frame, 0.0)
    rig.collect()
    (event,) = rig.events
    assert isinstance(event, RecognitionFailed)
    assert isinstance(event.error, SpeechProtocolError)
    assert rig.protocol.is_closed


@settings(max_examples=400)
@given(st.lists(FRAMES, max_size=20))
def test_synthesis(frames: list[str | bytes]) -> None:
    """Only speech errors come out; after one, and after END, it is over and gives nothing."""
    session = SynthesisSession()
    session.start("hi", SynthesisConfig(), 0.0)
    for frame in frames:
        was_over = session.is_over
        try:
            items = session.receive(frame)
        except SpeechError:
            assert session.is_over
        else:
            assert not (was_over and items)
    if not session.is_over:
        with contextlib.suppress(SpeechUnavailable):
            session.handle_timeout()
    assert session.is_over
