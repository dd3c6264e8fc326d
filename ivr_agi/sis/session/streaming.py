"""One stream of synthesis: text in as it comes, audio out until END, as a table.

Core, no I/O. Driven by the user's text, by messages from the socket and by time (``now``, monotonic
seconds). Failures are raised; after a failure, and after END, the session and its socket are
finished.

Source: ``sis-protocol.md`` 16; the vendor's pages sis_03_0158, 0161, 0162 and 0172.
"""

from __future__ import annotations

import enum
import logging
from typing import TYPE_CHECKING, NoReturn

from ivr_agi.catalogue import STREAMING_CHARACTERS, STREAMING_TEXT
from ivr_agi.errors import SpeechError, SpeechProtocolError, SpeechRejected, SpeechUnavailable
from ivr_agi.secret import clean_text
from ivr_agi.sis.session.synthesis import MIN_LONGEST_S, S_PER_CHARACTER
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndResponse,
    ErrorResponse,
    FatalErrorResponse,
    StartResponse,
    decode_synthesis_response,
    encode,
    rejection,
)
from ivr_agi.sis.wire.streaming import StreamingConfig, StreamingEnd, StreamingStart, StreamingText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ("STREAMING_TRANSITIONS", "StreamingInput", "StreamingSession", "StreamingState")

_logger = logging.getLogger("ivr_agi.sis")


class StreamingState(enum.StrEnum):
    """State of a stream."""

    IDLE = "idle"
    """Nothing is sent."""
    STARTING = "starting"
    """START is sent; text waits."""
    OPEN = "open"
    """START is accepted; text goes out as it comes."""
    ENDING = "ending"
    """END is sent; audio still comes."""
    OVER = "over"
    """END came, or it failed."""


class StreamingInput(enum.StrEnum):
    """What can happen to a stream."""

    START = "start"
    """The user starts it."""
    STARTED = "START"
    """Response: START was accepted."""
    AUDIO = "audio"
    """A binary message."""
    END = "end()"
    """The user has no more text."""
    ENDED = "END"
    """Response: all audio has come."""
    ERROR = "ERROR"
    """Response: ERROR or FATAL_ERROR."""
    TIMEOUT = "timeout"
    """Nothing came in time."""
    LOST = "lost"
    """The socket is lost or unusable."""


_S, _I = StreamingState, StreamingInput
_LAST = {_I.ENDED: _S.OVER, _I.ERROR: _S.OVER, _I.TIMEOUT: _S.OVER, _I.LOST: _S.OVER}

STREAMING_TRANSITIONS: Mapping[StreamingState, Mapping[StreamingInput, StreamingState]] = {
    _S.IDLE: {_I.START: _S.STARTING, _I.LOST: _S.OVER},
    _S.STARTING: {**_LAST, _I.STARTED: _S.OPEN},
    _S.OPEN: {**_LAST, _I.AUDIO: _S.OPEN, _I.END: _S.ENDING},
    _S.ENDING: {**_LAST, _I.AUDIO: _S.ENDING},
    _S.OVER: {},
}
"""Inputs without a cell are ignored."""


class StreamingSession:
    """One stream.

    Driven by :meth:`start`, :meth:`say`, :meth:`end`, :meth:`receive`, and :meth:`handle_timeout`
    once :meth:`deadline` has passed.
    """

    def __init__(
        self,
        *,
        answer_timeout_s: float = 5.0,
        service: str = "",
        on_trace: Callable[[str], None] | None = None,
    ) -> None:
        self.state = StreamingState.IDLE
        self.trace_id: str | None = None
        self._answer_timeout_s = answer_timeout_s
        self._service = service
        self._on_trace = on_trace
        self._n_characters = 0
        self._bytes_per_s = 1
        self._n_bytes = 0
        self._awaited_since: float | None = None
        """Since when the service owes us an answer or audio; None: it may wait for text, too."""

    @property
    def is_open(self) -> bool:
        """Text may be sent."""
        return self.state is StreamingState.OPEN

    @property
    def is_over(self) -> bool:
        """END came, or a failure was raised."""
        return self.state is StreamingState.OVER

    def start(self, config: StreamingConfig, now: float) -> str:
        """Return the message that opens the stream."""
        self._advance(StreamingInput.START)
        self._bytes_per_s = 2 * config.rate_hz
        self._awaited_since = now
        return encode(StreamingStart(config=config))

    def say(self, text: str, now: float) -> list[str]:
        """Return the messages that bring more text.

        Raises:
            SpeechProtocolError: A stream takes no more than 100,000 characters.
        """
        if not self.is_open or not text:
            return []
        self._n_characters += len(text)
        if self._n_characters > STREAMING_CHARACTERS:
            reason = f"a text must have {STREAMING_CHARACTERS} characters at most"
            self.lose(SpeechProtocolError(reason, service=self._service))
        if not self._n_bytes and self._awaited_since is None:
            self._awaited_since = now
        most = STREAMING_TEXT
        return [encode(StreamingText(text[at : at + most])) for at in range(0, len(text), most)]

    def end(self, now: float) -> list[str]:
        """Return the message that says that there is no more text."""
        if not self._advance(StreamingInput.END):
            return []
        if self._n_bytes or self._awaited_since is None:  # else it still owes the first audio
            self._awaited_since = now
        return [encode(StreamingEnd())]

    def deadline(self) -> float | None:
        """Return when the service is late, monotonic seconds; None: it may wait for text.

        It owes the answer to START; the first audio, once it has text; and at the end all the rest.
        Between sentences it may have nothing to speak.
        """
        if self._awaited_since is None:
            return None
        return self._awaited_since + self._answer_timeout_s

    def receive(self, message: str | bytes, now: float) -> bytes:
        """Handle one message of the service.

        Returns:
            Its audio; empty if it has none.

        Raises:
            SpeechRejected: ERROR, FATAL_ERROR, or END with a reason other than NORMAL.
            SpeechProtocolError: The message cannot be read, or there is far more audio than the
                text can be.
        """
        if isinstance(message, bytes):
            return self._take_audio(message, now)
        try:
            response = decode_synthesis_response(message)
        except SpeechProtocolError as error:
            self.lose(SpeechProtocolError(error.reason, service=self._service))
        self._note_trace(response.trace_id)
        match response:
            case StartResponse():
                if self._advance(StreamingInput.STARTED):
                    self._awaited_since = None
            case EndResponse(reason=reason):
                if self._advance(StreamingInput.ENDED) and reason != EndReason.NORMAL:
                    raise SpeechRejected(
                        f"END {reason}",
                        "the synthesis was not completed",
                        service=self._service,
                        trace_id=self.trace_id,
                    )
            case ErrorResponse() | FatalErrorResponse():
                if self._advance(StreamingInput.ERROR):
                    refusal = rejection(response, service=self._service)
                    refusal.trace_id = refusal.trace_id or self.trace_id
                    raise refusal
            case _:
                _logger.debug("! stream: a message is ignored, trace %s", self.trace_id)
        return b""

    def handle_timeout(self) -> NoReturn:
        """The deadline has passed.

        Raises:
            SpeechUnavailable: Always.
        """
        awaited = "answer to START" if self.state is StreamingState.STARTING else "audio"
        self._advance(StreamingInput.TIMEOUT)
        raise SpeechUnavailable(
            f"no {awaited} within {self._answer_timeout_s:g} s",
            service=self._service,
            trace_id=self.trace_id,
            has_waited=True,
        )

    def lose(self, error: SpeechError) -> NoReturn:
        """The socket is lost or unusable.

        Raises:
            SpeechError: ``error``, always.
        """
        self._advance(StreamingInput.LOST)
        error.trace_id = error.trace_id or self.trace_id
        raise error

    def _take_audio(self, audio: bytes, now: float) -> bytes:
        if not self._advance(StreamingInput.AUDIO):
            return b""
        self._n_bytes += len(audio)
        longest_s = MIN_LONGEST_S + S_PER_CHARACTER * self._n_characters
        if self._n_bytes > longest_s * self._bytes_per_s:
            reason = f"more than {longest_s:.0f} s of audio for a text of that length"
            self.lose(SpeechProtocolError(reason, service=self._service))
        self._awaited_since = now if self.state is StreamingState.ENDING else None
        return audio

    def _note_trace(self, trace_id: str | None) -> None:
        if trace_id and self.trace_id is None:
            self.trace_id = clean_text(trace_id)
            if self._on_trace is not None:
                self._on_trace(self.trace_id)

    def _advance(self, what: StreamingInput) -> bool:
        """Enter the next state; return False and change nothing if the table has no cell."""
        state = STREAMING_TRANSITIONS[self.state].get(what)
        if state is None:
            _logger.debug("! stream: %s ignored while %s", what.value, self.state.value)
            return False
        self.state = state
        return True
