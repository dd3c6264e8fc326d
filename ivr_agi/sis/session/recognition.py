"""One recognition session on a RASR socket, START to END, in any of the three modes.

Core, no I/O. Driven by the user's calls (audio, end), by responses and by time (``now``, monotonic
seconds). It has two callbacks: ``send`` for messages and ``emit`` for events.
:mod:`ivr_agi.sis.session.socket_protocol` puts sessions one after another on a socket. The mode's
table, :data:`ivr_agi.sis.session.modes.RECOGNITION_TRANSITIONS`, says what may happen when. Every
wait for an answer has a deadline.

Source: ``sis-protocol.md`` 4.3, 7 (state machines) and 8, column "tolerant client".
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from ivr_agi.catalogue import model_rate_hz
from ivr_agi.errors import ConfigError, SpeechError, SpeechRejected, SpeechUnavailable
from ivr_agi.secret import clean_text
from ivr_agi.sis.session.modes import (
    MAX_AUDIO_S,
    RECOGNITION_TRANSITIONS,
    Mode,
    RecognitionInput,
    RecognitionState,
)
from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionEvent,
    RecognitionFailed,
    RecognitionStarted,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
    join_pieces,
)
from ivr_agi.sis.wire.formats import FORMATS, AudioFormat
from ivr_agi.sis.wire.lenient import mend_name
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndRequest,
    EndResponse,
    ErrorResponse,
    EventName,
    EventResponse,
    FatalErrorResponse,
    RecognitionConfig,
    RecognitionResponse,
    RecognitionStartRequest,
    ResultResponse,
    Segment,
    SegmentText,
    StartResponse,
    encode,
    rejection,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ("RecognitionSession", "WireMessage", "plain_config")

_logger = logging.getLogger("ivr_agi.sis")

WireMessage: TypeAlias = str | bytes

END_AFTER_ERROR_S = 1.0
"""Seconds to wait for END after ERROR: servers send them together (8, row 15)."""

_EVENT_NAMES = tuple(EventName)
_MAX_WORDS = 1500
"""Most characters of a segment: nobody says more in 60 s. Reading it holds up all other calls."""
_AUDIO_LIMIT_CODE = "SIS.0309"
_BAD_FIELD_CODES = frozenset({"SIS.0031", "SIS.0032"})
"""An unsupported or bad parameter."""

_EVENTS: Mapping[RecognitionInput | EventName, type[RecognitionEvent]] = {
    EventName.VOICE_START: VoiceStarted,
    EventName.VOICE_END: VoiceEnded,
    EventName.EXCEEDED_SILENCE: SilenceExceeded,
    EventName.EXCEEDED_AUDIO: AudioExceeded,
    RecognitionInput.AUDIO_LIMIT: AudioExceeded,
}
"""The user's event for each input, if the mode's table has a cell for it."""

_UNANSWERED = (RecognitionState.WAITING, RecognitionState.STARTING)
_SENDING = (RecognitionState.STREAMING, RecognitionState.HEARING)


class RecognitionSession:
    """One session, START to END.

    Driven by :meth:`take_turn` (the socket is free), the user's :meth:`send_audio` and :meth:`end`,
    :meth:`receive`, and :meth:`handle_timeout` once :attr:`deadline` has passed.

    Raises:
        ConfigError: ``config`` is valid on the wire, but this client does not support it.
    """

    def __init__(
        self,
        number: int,
        config: RecognitionConfig,
        *,
        send: Callable[[WireMessage], None],
        emit: Callable[[RecognitionEvent], None],
        mode: Mode = Mode.SENTENCE,
        answer_timeout_s: float = 5.0,
        service: str = "",
    ) -> None:
        audio_format = FORMATS[config.audio_format]
        _check(config, audio_format)
        self.number = number
        self.state = RecognitionState.WAITING
        self.trace_id: str | None = None
        self._raw_trace_id: str | None = None
        self.deadline: float | None = None
        """When :meth:`handle_timeout` is due, monotonic seconds; None: no answer is awaited."""
        self.audio_format = audio_format
        self._min_bytes = audio_format.min_message_bytes
        self._max_bytes = audio_format.max_message_bytes
        self._sample_bytes = audio_format.sample_bytes
        self._config = config
        self.is_plain = config == plain_config(config)
        """START goes without the fields that some regions do not know (5)."""
        self._send = send
        self._emit = emit
        self._mode = mode
        self._answer_timeout_s = answer_timeout_s
        self._service = service
        self._end_asked: EndRequest | None = None
        """The user's ``end()``, which waits until START is answered: without a session, the answer
        to END is not defined (8, row 4)."""
        self._bytes_left = MAX_AUDIO_S[mode] * 1000 * audio_format.bytes_per_ms
        """Bytes of audio that the service still takes."""
        self._finals: dict[int, SegmentText] = {}
        """Final results by their start, ms (8, row 17)."""

    @property
    def is_open(self) -> bool:
        """Neither the user nor the service has ended it."""
        if self.state in _UNANSWERED:
            return self._end_asked is None
        return self.state in _SENDING or self.state is RecognitionState.SATED

    def take_turn(self, now: float) -> None:
        """Take the socket: send START, unless the user has cancelled in the meantime."""
        if self._end_asked is not None and self._end_asked.cancel:
            if self._advance(RecognitionInput.SKIPPED):
                self._finish(EndReason.CANCEL)
        elif self._advance(RecognitionInput.TURN):
            self._send(encode(RecognitionStartRequest(self._config)))
            self.deadline = now + self._answer_timeout_s

    def send_audio(self, audio: bytes) -> None:
        """Send audio (in the session's format) as one message, or as few as the service takes.

        It is dropped before START is answered, when the service takes no more, and after the end.
        """
        if self.state not in _SENDING:
            return
        fits = self._min_bytes <= len(audio) <= self._max_bytes
        if fits and not len(audio) % self._sample_bytes:
            self._send_message(audio)
        else:
            for message in self.audio_format.messages(audio):
                self._send_message(message)

    def end(self, now: float, *, cancel: bool = False) -> None:
        """End the session; a second call has no effect, unless it now cancels."""
        if self.state in _UNANSWERED:
            if self._end_asked is None or cancel:
                self._end_asked = EndRequest(cancel)
            return
        was_open = self.is_open
        if not self._advance(RecognitionInput.CANCEL if cancel else RecognitionInput.END):
            return
        if was_open:  # else END is already sent
            self._send(encode(EndRequest(cancel)))
        self.deadline = now + self._answer_timeout_s

    def receive(self, response: RecognitionResponse, now: float) -> None:
        """Handle a response of the service."""
        match response:
            case StartResponse():
                if self._advance(RecognitionInput.STARTED, response.trace_id):
                    self._begin_streaming(now)
            case ResultResponse():
                for segment in response.segments:
                    self._take_segment(segment, response.trace_id)
            case EventResponse():
                self._take_event(response)
            case ErrorResponse() | FatalErrorResponse():
                self._take_error(response, now)
            case EndResponse():
                self._take_end(response)
            case _:
                self._debug("! type %.40r ignored", response.resp_type)

    def handle_timeout(self) -> None:
        """The deadline has passed: stop waiting for the answer."""
        was = self.state
        if self._advance(RecognitionInput.TIMEOUT):
            awaited = "START" if was is RecognitionState.STARTING else "END"
            reason = f"no answer to {awaited} within {self._answer_timeout_s:g} s"
            error = SpeechUnavailable(reason, service=self._service, has_waited=True)
            self._fail(error, was)

    def lose(self, error: SpeechError) -> None:
        """The socket was lost."""
        was = self.state
        if self._advance(RecognitionInput.LOST):
            self._fail(error, was)

    def close(self) -> None:
        """The user closes the socket: cancel the session."""
        was = self.state
        if self._advance(RecognitionInput.CLOSED) and was is not RecognitionState.FAILING:
            self._finish(EndReason.CANCEL)

    # What responses do.

    def _begin_streaming(self, now: float) -> None:
        self.deadline = None
        self._emit(RecognitionStarted(session=self.number, trace_id=self.trace_id))
        if self._end_asked is not None:
            self.end(now, cancel=self._end_asked.cancel)

    def _take_segment(self, segment: Segment, trace_id: str | None) -> None:
        what = RecognitionInput.FINAL if segment.is_final else RecognitionInput.INTERIM
        heard = segment.result
        if not self._advance(what, trace_id) or heard is None:
            return
        known = self._finals.get(segment.start_time)
        if known is not None and (not segment.is_final or known == heard):
            return
        if segment.is_final:
            self._finals[segment.start_time] = heard
        self._emit(
            Transcribed(
                session=self.number,
                trace_id=self.trace_id,
                text=_words(heard.text),
                is_final=segment.is_final,
                score=heard.score if segment.is_final else None,
                start_ms=segment.start_time,
                end_ms=segment.end_time,
                words=join_pieces(heard.word_info or ()),
            )
        )

    def _take_event(self, response: EventResponse) -> None:
        mended = mend_name(response.event, _EVENT_NAMES)
        if mended is None:
            self._debug("! event %.40r ignored", response.event)
            return
        name = EventName(mended)
        if self._advance(name, response.trace_id):
            self._tell(name)

    def _take_error(self, response: ErrorResponse | FatalErrorResponse, now: float) -> None:
        was = self.state
        fatal = isinstance(response, FatalErrorResponse)
        if not fatal and was is RecognitionState.STARTING and self._may_be_plainer(response):
            self._start_plain(now)
        elif self._advance(
            RecognitionInput.FATAL_ERROR if fatal else RecognitionInput.ERROR, response.trace_id
        ):
            self._fail(rejection(response, service=self._service), was)
            if self.state is RecognitionState.FAILING:
                self.deadline = now + END_AFTER_ERROR_S

    def _may_be_plainer(self, response: ErrorResponse | FatalErrorResponse) -> bool:
        return response.error_code in _BAD_FIELD_CODES and not self.is_plain

    def _start_plain(self, now: float) -> None:
        """Send START once more, without the fields that international pages lack."""
        self._debug("= %s: START once more, without optional fields", self.state)
        self.is_plain = True
        self._send(encode(RecognitionStartRequest(plain_config(self._config))))
        self.deadline = now + self._answer_timeout_s

    def _take_end(self, response: EndResponse) -> None:
        was = self.state
        if not self._advance(RecognitionInput.ENDED, response.trace_id):
            return
        self.deadline = None
        if was is RecognitionState.FAILING:
            return
        try:
            reason = EndReason(response.reason)
        except ValueError:
            reason = EndReason.ERROR
        # END may have crossed our cancel; results were dropped in any case.
        cancelled = was is RecognitionState.CANCELLING and reason is not EndReason.ERROR
        self._finish(EndReason.CANCEL if cancelled else reason)

    # What comes out.

    def _tell(self, what: RecognitionInput | EventName) -> None:
        self._emit(_EVENTS[what](session=self.number, trace_id=self.trace_id))

    def _fail(self, error: SpeechError, was: RecognitionState) -> None:
        self.deadline = None
        if was is RecognitionState.FAILING:  # already reported
            return
        too_long = isinstance(error, SpeechRejected) and error.code == _AUDIO_LIMIT_CODE
        if too_long and was is not RecognitionState.SATED:
            # Event, ERROR or FATAL_ERROR: the documents disagree (8, row 6).
            self._emit(AudioExceeded(session=self.number, trace_id=self.trace_id))
        error.trace_id = error.trace_id or self.trace_id
        self._emit(RecognitionFailed(session=self.number, trace_id=self.trace_id, error=error))

    def _finish(self, reason: EndReason) -> None:
        self.deadline = None
        self._emit(RecognitionEnded(session=self.number, trace_id=self.trace_id, reason=reason))

    def _send_message(self, audio: bytes) -> None:
        self._bytes_left -= len(audio)
        if self._bytes_left >= 0:
            self._send(audio)
        elif self._advance(RecognitionInput.AUDIO_LIMIT):
            self._tell(RecognitionInput.AUDIO_LIMIT)

    def _advance(self, what: RecognitionInput | EventName, trace_id: str | None = None) -> bool:
        """Enter the next state; return False and change nothing if the table has no cell."""
        state = RECOGNITION_TRANSITIONS[self._mode].get(self.state, {}).get(what)
        if state is None:
            self._debug("! %s ignored while %s", what, self.state)
            return False
        if trace_id and trace_id != self._raw_trace_id:
            self._raw_trace_id, self.trace_id = trace_id, clean_text(trace_id)
        if state is not self.state:
            self._debug("= %s -> %s", self.state, state)
        self.state = state
        return True

    def _debug(self, text: str, *args: object) -> None:
        if _logger.isEnabledFor(logging.DEBUG):
            _logger.debug("%s (session %d, trace %s)", text % args, self.number, self.trace_id)


def plain_config(config: RecognitionConfig) -> RecognitionConfig:
    """Return it without what the international pages lack (5): some regions may refuse it."""
    return msgspec.structs.replace(config, digit_norm=None, need_word_info=None)


def _words(text: str) -> str:
    """Return the words of a segment: they are somebody's, not ours."""
    if len(text) <= _MAX_WORDS and text.isprintable():
        return text
    return clean_text(text, _MAX_WORDS)


def _check(config: RecognitionConfig, audio_format: AudioFormat) -> None:
    """Refuse what is valid on the wire but known to fail."""
    if config.vad_head == 0:  # 8, row 7
        reason = "must be from 1 to 60000: services disagree about 0"
        raise ConfigError(reason, key="vad_head")
    rate_hz = model_rate_hz(config.property)
    if rate_hz not in (None, audio_format.rate_hz):  # SIS.0301
        reason = f"{config.audio_format} has another rate than the model {config.property}"
        raise ConfigError(reason, key="audio_format")
