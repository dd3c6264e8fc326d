"""One recognition session on a RASR socket, START to END, as a table.

Core, no I/O. Driven by the user's calls (audio, end), by responses and by time (``now``, monotonic
seconds); speaks through two callbacks, ``send`` (frames) and ``emit`` (events).
:mod:`ivr_agi.sis.protocol` puts sessions one after another on a socket.

The service is never trusted to keep the order: what has no cell in :data:`TRANSITIONS` is logged
and ignored, and every wait for an answer has a deadline.

Source: ``sis-protocol.md`` 4.3, 7 (state machines) and 8, column "tolerant client".
"""

from __future__ import annotations

import enum
import logging
from typing import TYPE_CHECKING, TypeAlias

from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.errors import ConfigError, SpeechError, SpeechRejected, SpeechUnavailable
from ivr_agi.sis.chunks import Chunker
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
    EventName,
    EventResponse,
    FatalErrorResponse,
    RecognitionConfig,
    RecognitionResponse,
    ResultResponse,
    StartRecognition,
    StartResponse,
    Unknown,
    encode,
    rejection,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = (
    "EVENTS",
    "MAX_WAITING_BYTES",
    "TRANSITIONS",
    "Mode",
    "RecognitionSession",
    "SessionInput",
    "SessionState",
)

_logger = logging.getLogger("ivr_agi.sis")

Frame: TypeAlias = str | bytes

MAX_WAITING_BYTES = ms_to_bytes(5000)
"""Audio kept until START is answered: a service that takes longer has failed anyway (its answers'
deadline is 5 s), and more than 5 s of old speech would only delay what the caller says now."""

END_AFTER_ERROR_S = 1.0
"""How long END may take after ERROR: servers send them together (8, row 15)."""

_AUDIO_LIMIT_CODE = "SIS.0309"


class Mode(enum.StrEnum):
    """Which recognition API, by the last part of its path (``sis-protocol.md`` 6)."""

    SENTENCE = "sentence-stream"
    """One sentence; the service finds its begin and end."""


EVENTS: Mapping[Mode, Mapping[str, type[RecognitionEvent]]] = {
    Mode.SENTENCE: {
        EventName.VOICE_START: VoiceStarted,
        EventName.VOICE_END: VoiceEnded,
        EventName.EXCEEDED_SILENCE: SilenceExceeded,
        EventName.EXCEEDED_AUDIO: AudioExceeded,
    },
}
"""What the EVENTs of each mode become; others are ignored."""


class SessionState(enum.Enum):
    """Where a session is."""

    WAITING = "waiting"
    """The socket still belongs to an older session; audio is kept."""
    STARTING = "starting"
    """START is sent; audio is kept until the answer."""
    STREAMING = "streaming"
    """Audio goes out, events and results come in."""
    ENDING = "ending"
    """END is sent; results may still come."""
    CANCELLING = "cancelling"
    """The rest is to be dropped; only END counts."""
    FAILING = "failing"
    """ERROR came, the user knows; END is to follow."""
    OVER = "over"
    """The socket is free."""


class SessionInput(enum.Enum):
    """What can happen to a session."""

    TURN = "turn"
    """The socket is ours."""
    SKIPPED = "skipped"
    """The socket is ours, but the session was cancelled while it waited."""
    STARTED = "started"
    """START response."""
    RESULT = "result"
    EVENT = "event"
    ERROR = "error"
    FATAL_ERROR = "fatal_error"
    ENDED = "ended"
    """END response."""
    END = "end"
    """The user ends the session."""
    CANCEL = "cancel"
    """The user drops the rest of it."""
    TIMEOUT = "timeout"
    """An answer did not come in time."""
    LOST = "lost"
    """The socket is gone."""
    CLOSED = "closed"
    """The user closes the socket."""


_S, _I = SessionState, SessionInput

_SOCKET_GONE = {_I.FATAL_ERROR: _S.OVER, _I.LOST: _S.OVER, _I.CLOSED: _S.OVER}

TRANSITIONS: Mapping[SessionState, Mapping[SessionInput, SessionState]] = {
    _S.WAITING: {**_SOCKET_GONE, _I.TURN: _S.STARTING, _I.SKIPPED: _S.OVER},
    # An END here is one that an older session no longer waited for; ERROR is the refusal of our
    # START, after which no END comes (4.3).
    _S.STARTING: {
        **_SOCKET_GONE,
        _I.STARTED: _S.STREAMING,
        _I.ERROR: _S.OVER,
        _I.TIMEOUT: _S.OVER,
    },
    # END may come unasked (8, row 3).
    _S.STREAMING: {
        **_SOCKET_GONE,
        _I.RESULT: _S.STREAMING,
        _I.EVENT: _S.STREAMING,
        _I.ERROR: _S.FAILING,
        _I.ENDED: _S.OVER,
        _I.END: _S.ENDING,
        _I.CANCEL: _S.CANCELLING,
    },
    _S.ENDING: {
        **_SOCKET_GONE,
        _I.RESULT: _S.ENDING,
        _I.EVENT: _S.ENDING,
        _I.ERROR: _S.FAILING,
        _I.ENDED: _S.OVER,
        _I.CANCEL: _S.CANCELLING,
        _I.TIMEOUT: _S.OVER,
    },
    _S.CANCELLING: {
        **_SOCKET_GONE,
        _I.ERROR: _S.FAILING,
        _I.ENDED: _S.OVER,
        _I.TIMEOUT: _S.OVER,
    },
    _S.FAILING: {**_SOCKET_GONE, _I.ENDED: _S.OVER, _I.TIMEOUT: _S.OVER},
    _S.OVER: {},
}
"""The session of every mode; the modes differ in :data:`EVENTS` and in when results come."""

_RESPONSES: Mapping[type[RecognitionResponse], SessionInput] = {
    StartResponse: _I.STARTED,
    ResultResponse: _I.RESULT,
    EventResponse: _I.EVENT,
    ErrorResponse: _I.ERROR,
    FatalErrorResponse: _I.FATAL_ERROR,
    EndResponse: _I.ENDED,
}


class RecognitionSession:
    """One session, START to END.

    Driven by :meth:`take_turn` (the socket is free), the user's :meth:`send_audio` and :meth:`end`,
    :meth:`receive`, and :meth:`handle_timeout` once :attr:`deadline` has passed.

    Raises:
        ConfigError: ``config`` is valid on the wire, but not what this client can do.
    """

    def __init__(
        self,
        number: int,
        config: RecognitionConfig,
        *,
        send: Callable[[Frame], None],
        emit: Callable[[RecognitionEvent], None],
        mode: Mode = Mode.SENTENCE,
        chunk_ms: int = 40,
        answer_timeout_s: float = 5.0,
        service: str = "",
    ) -> None:
        if config.audio_format != "pcm8k16bit":
            reason = f"this client sends pcm8k16bit only, got {config.audio_format!r}"
            raise ConfigError(reason, key="audio_format")
        if config.vad_head == 0:
            reason = "must be from 1 to 60000: services do not agree on what 0 means"
            raise ConfigError(reason, key="vad_head")
        self.number = number
        self.state = SessionState.WAITING
        self.trace_id: str | None = None
        self.deadline: float | None = None
        """Monotonic seconds of the next :meth:`handle_timeout`; None: nothing is awaited."""
        self.chunker = Chunker(chunk_ms)
        self._config = config
        self._send = send
        self._emit = emit
        self._mode = mode
        self._answer_timeout_s = answer_timeout_s
        self._service = service
        self._end_asked: EndRequest | None = None
        """The user's ``end()`` that has to wait until START is answered: an END that reaches a
        service without a session has no defined answer (8, row 4)."""
        self._finals: dict[int, str] = {}
        """Text of every final result by its start (8, row 17)."""

    @property
    def is_open(self) -> bool:
        """The user has not ended it, and neither has the service."""
        if self.state in (SessionState.WAITING, SessionState.STARTING):
            return self._end_asked is None
        return self.state is SessionState.STREAMING

    def take_turn(self, now: float) -> None:
        """The socket is ours: send START, unless the user has cancelled in the meantime."""
        if self._end_asked is not None and self._end_asked.cancel:
            if self._advance(SessionInput.SKIPPED):
                self._finish(EndReason.CANCEL)
        elif self._advance(SessionInput.TURN):
            self._send(encode(StartRecognition(self._config)))
            self.deadline = now + self._answer_timeout_s

    def send_audio(self, pcm: bytes) -> None:
        """Send, or keep until START is answered (the newest 5 s); nothing once it has ended."""
        if not self.is_open:
            return
        self.chunker.add(pcm)
        if self.state is SessionState.STREAMING:
            self._send_all(self.chunker.cut())
        else:
            self.chunker.keep_newest(MAX_WAITING_BYTES)

    def end(self, now: float, *, cancel: bool = False) -> None:
        """End the session; a second call changes nothing, but for one that now cancels."""
        if cancel:
            self.chunker.clear()
        if self.state in (SessionState.WAITING, SessionState.STARTING):
            if self._end_asked is None or cancel:
                self._end_asked = EndRequest(cancel)
            return
        was = self.state
        if not self._advance(SessionInput.CANCEL if cancel else SessionInput.END):
            return
        if was is SessionState.STREAMING:  # else END is on its way already
            self._send_all(self.chunker.flush())
            self._send(encode(EndRequest(cancel)))
        self.deadline = now + self._answer_timeout_s

    def receive(self, response: RecognitionResponse, now: float) -> None:
        """Take what the service said."""
        was = self.state
        if isinstance(response, Unknown):
            _logger.debug("! session %d: type %.40r ignored", self.number, response.resp_type)
            return
        if not self._advance(_RESPONSES[type(response)]):
            return
        self.trace_id = response.trace_id or self.trace_id
        if isinstance(response, StartResponse):
            self._begin_streaming(now)
        elif isinstance(response, ResultResponse):
            self._report_result(response)
        elif isinstance(response, EventResponse):
            self._report_event(response)
        elif isinstance(response, EndResponse):
            self._report_end(response, was)
        else:
            self._report_failure(rejection(response, service=self._service), was)
            failing = self.state is SessionState.FAILING
            self.deadline = now + END_AFTER_ERROR_S if failing else None

    def handle_timeout(self) -> None:
        """The deadline has passed: nothing more is expected of the service."""
        was = self.state
        if self._advance(SessionInput.TIMEOUT):
            awaited = "START" if was is SessionState.STARTING else "END"
            reason = f"no answer to {awaited} within {self._answer_timeout_s:g} s"
            self._report_failure(SpeechUnavailable(reason, service=self._service), was)

    def lose(self, error: SpeechError) -> None:
        """The socket is gone."""
        was = self.state
        if self._advance(SessionInput.LOST):
            self._report_failure(error, was)

    def close(self) -> None:
        """The user closes the socket: whatever goes on is cancelled."""
        was = self.state
        if self._advance(SessionInput.CLOSED) and was is not SessionState.FAILING:
            self._finish(EndReason.CANCEL)

    # What the transitions do.

    def _begin_streaming(self, now: float) -> None:
        self.deadline = None
        self._emit(RecognitionStarted(session=self.number, trace_id=self.trace_id))
        self._send_all(self.chunker.cut())
        if self._end_asked is not None:
            self.end(now, cancel=self._end_asked.cancel)

    def _report_result(self, response: ResultResponse) -> None:
        for segment in response.segments:
            heard = segment.result
            known = self._finals.get(segment.start_time)
            if heard is None or (known is not None and not segment.is_final):
                continue
            if segment.is_final:
                if known == heard.text:
                    continue
                self._finals[segment.start_time] = heard.text
            self._emit(
                Transcribed(
                    session=self.number,
                    trace_id=self.trace_id,
                    text=heard.text,
                    is_final=segment.is_final,
                    score=heard.score if segment.is_final else None,
                    start_ms=segment.start_time,
                    end_ms=segment.end_time,
                )
            )

    def _report_event(self, response: EventResponse) -> None:
        event = EVENTS[self._mode].get(response.event)
        if event is None:
            _logger.debug("! session %d: event %.40r ignored", self.number, response.event)
            return
        self._emit(event(session=self.number, trace_id=self.trace_id))

    def _report_end(self, response: EndResponse, was: SessionState) -> None:
        self.deadline = None
        if was is SessionState.FAILING:
            return
        try:
            reason = EndReason(response.reason)
        except ValueError:
            reason = EndReason.ERROR
        # END may have crossed our cancel: results were dropped all the same.
        cancelled = was is SessionState.CANCELLING and reason is not EndReason.ERROR
        self._finish(EndReason.CANCEL if cancelled else reason)

    def _report_failure(self, error: SpeechError, was: SessionState) -> None:
        self.deadline = None
        if was is SessionState.FAILING:
            return
        if isinstance(error, SpeechRejected) and error.code == _AUDIO_LIMIT_CODE:
            # Event, ERROR or FATAL_ERROR: the documents do not agree (8, row 6).
            self._emit(AudioExceeded(session=self.number, trace_id=self.trace_id))
        error.trace_id = error.trace_id or self.trace_id
        self._emit(RecognitionFailed(session=self.number, trace_id=self.trace_id, error=error))

    def _finish(self, reason: EndReason) -> None:
        self.deadline = None
        self._emit(RecognitionEnded(session=self.number, trace_id=self.trace_id, reason=reason))

    def _send_all(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            self._send(chunk)

    def _advance(self, what: SessionInput) -> bool:
        """Enter the next state; False where the table has no cell, and all stays as it is."""
        state = TRANSITIONS[self.state].get(what)
        if state is None:
            _logger.debug(
                "! session %d: %s ignored while %s, trace %s",
                self.number,
                what.value,
                self.state.value,
                self.trace_id,
            )
            return False
        if state is not self.state:
            _logger.debug(
                "= session %d: %s -> %s, trace %s",
                self.number,
                self.state.value,
                state.value,
                self.trace_id,
            )
        self.state = state
        return True
