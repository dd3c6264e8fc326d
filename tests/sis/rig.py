"""A recognition session on a bench: all that goes in, all that comes out, each of its states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr_agi.errors import SpeechUnavailable
from ivr_agi.sis.session.modes import Mode, RecognitionInput, RecognitionState
from ivr_agi.sis.session.recognition import RecognitionSession
from ivr_agi.sis.wire.events import RecognitionEvent
from ivr_agi.sis.wire.messages import (
    ErrorResponse,
    EventName,
    EventResponse,
    FatalErrorResponse,
    RecognitionConfig,
)
from tests.sis.fake import CONFIG, ENDED, STARTED, VOICE_START, result

ERROR = ErrorResponse(trace_id="t1", error_code="SIS.0303", error_msg="engine")
FATAL = FatalErrorResponse(trace_id="t1", error_code="SIS.0304", error_msg="idle")
LOST = SpeechUnavailable("cut")


@dataclass
class Rig:
    """A session and all that came out of it."""

    mode: Mode = Mode.SENTENCE
    config: RecognitionConfig = CONFIG
    frames: list[str | bytes] = field(default_factory=list)
    events: list[RecognitionEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = RecognitionSession(
            7,
            self.config,
            send=self.frames.append,
            emit=self.events.append,
            mode=self.mode,
            service="ws://s",
        )

    def to(self, state: RecognitionState) -> Rig:
        """Bring it into ``state`` and forget what came out on the way."""
        for act in PATHS[state]:
            act(self.session)
        assert self.session.state is state
        self.frames.clear()
        self.events.clear()
        return self

    @property
    def audio(self) -> bytes:
        """All audio that was sent."""
        return b"".join(frame for frame in self.frames if isinstance(frame, bytes))

    @property
    def last(self) -> RecognitionEvent:
        """The one event that came out."""
        (event,) = self.events
        return event


Act = Callable[[RecognitionSession], object]

ACTS: dict[RecognitionInput | EventName, Act] = {
    RecognitionInput.TURN: lambda s: s.take_turn(10.0),
    RecognitionInput.STARTED: lambda s: s.receive(STARTED, 10.0),
    RecognitionInput.INTERIM: lambda s: s.receive(result("ye", is_final=False), 10.0),
    RecognitionInput.FINAL: lambda s: s.receive(result("yes"), 10.0),
    EventName.VOICE_START: lambda s: s.receive(VOICE_START, 10.0),
    EventName.VOICE_END: lambda s: s.receive(EventResponse(event="VOICE_END"), 10.0),
    EventName.EXCEEDED_SILENCE: lambda s: s.receive(EventResponse(event="EXCEEDED_SILENCE"), 10.0),
    EventName.EXCEEDED_AUDIO: lambda s: s.receive(EventResponse(event="EXCEEDED_AUDIO"), 10.0),
    RecognitionInput.ERROR: lambda s: s.receive(ERROR, 10.0),
    RecognitionInput.FATAL_ERROR: lambda s: s.receive(FATAL, 10.0),
    RecognitionInput.ENDED: lambda s: s.receive(ENDED, 10.0),
    RecognitionInput.END: lambda s: s.end(10.0),
    RecognitionInput.CANCEL: lambda s: s.end(10.0, cancel=True),
    RecognitionInput.TIMEOUT: lambda s: s.handle_timeout(),
    RecognitionInput.LOST: lambda s: s.lose(LOST),
    RecognitionInput.CLOSED: lambda s: s.close(),
}
TO_STREAMING = [ACTS[RecognitionInput.TURN], ACTS[RecognitionInput.STARTED]]
PATHS: dict[RecognitionState, list[Act]] = {
    RecognitionState.WAITING: [],
    RecognitionState.STARTING: TO_STREAMING[:1],
    RecognitionState.STREAMING: TO_STREAMING,
    RecognitionState.HEARING: [*TO_STREAMING, ACTS[EventName.VOICE_START]],
    RecognitionState.SATED: [*TO_STREAMING, ACTS[EventName.EXCEEDED_AUDIO]],
    RecognitionState.ENDING: [*TO_STREAMING, ACTS[RecognitionInput.END]],
    RecognitionState.CANCELLING: [*TO_STREAMING, ACTS[RecognitionInput.CANCEL]],
    RecognitionState.FAILING: [*TO_STREAMING, ACTS[RecognitionInput.ERROR]],
    RecognitionState.OVER: [*TO_STREAMING, ACTS[RecognitionInput.ENDED]],
}
