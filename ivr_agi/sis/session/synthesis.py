"""One synthesis on an RTTS socket: text in, audio until END, as a table.

Core, no I/O. Driven by messages from the socket and by time (``now``, monotonic seconds). Failures
are raised; after a failure, and after END, the session and its socket are finished.

Source: ``sis-protocol.md`` 7 (RTTS) and 9.
"""

from __future__ import annotations

import enum
import logging
from typing import TYPE_CHECKING, NoReturn

from ivr_agi.errors import SpeechError, SpeechProtocolError, SpeechRejected, SpeechUnavailable
from ivr_agi.secret import clean_text
from ivr_agi.sis.wire.messages import (
    EndReason,
    EndResponse,
    ErrorResponse,
    FatalErrorResponse,
    StartResponse,
    SubtitleResponse,
    SynthesisConfig,
    SynthesisResponse,
    SynthesisStartRequest,
    Unknown,
    decode_synthesis_response,
    encode,
    rejection,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = (
    "FIRST_AUDIO_S",
    "AUDIBLE_MS",
    "MIN_LONGEST_S",
    "S_PER_CHARACTER",
    "SYNTHESIS_TRANSITIONS",
    "SynthesisInput",
    "SynthesisSession",
    "SynthesisState",
)

_logger = logging.getLogger("ivr_agi.sis")

FIRST_AUDIO_S = 3.5
"""Limit of a text's first audio over all tries and endpoints, seconds."""
AUDIBLE_MS = 100
"""Audio before which nobody has heard anything: a prompt begins to play once it is there."""
MIN_LONGEST_S = 10.0
S_PER_CHARACTER = 1.0
"""Longest audio of a text, seconds: the slowest voice (``speed`` -500) takes half a second for a
Chinese character, and a tag of a pause has more characters than seconds."""


class SynthesisState(enum.StrEnum):
    """State of a synthesis."""

    IDLE = "idle"
    """Nothing is sent."""
    STARTING = "starting"
    """START is sent."""
    STARTED = "started"
    """START is accepted; no audio yet."""
    SPEAKING = "speaking"
    """Audio has come; more audio or END follows."""
    OVER = "over"
    """END came, or it failed."""


class SynthesisInput(enum.StrEnum):
    """What can happen to a synthesis."""

    START = "start"
    """The user starts it."""
    STARTED = "started"
    """START response."""
    AUDIO = "audio"
    """A binary message."""
    ENDED = "ended"
    """END response."""
    ERROR = "error"
    """ERROR or FATAL_ERROR: both end a synthesis."""
    TIMEOUT = "timeout"
    """Nothing came in time."""
    LOST = "lost"
    """The socket is lost or unusable."""


_S, _I = SynthesisState, SynthesisInput

_LAST = {_I.ENDED: _S.OVER, _I.ERROR: _S.OVER, _I.TIMEOUT: _S.OVER, _I.LOST: _S.OVER}

SYNTHESIS_TRANSITIONS: Mapping[SynthesisState, Mapping[SynthesisInput, SynthesisState]] = {
    _S.IDLE: {_I.START: _S.STARTING, _I.LOST: _S.OVER},
    _S.STARTING: {**_LAST, _I.STARTED: _S.STARTED, _I.AUDIO: _S.SPEAKING},
    _S.STARTED: {**_LAST, _I.AUDIO: _S.SPEAKING},
    _S.SPEAKING: {**_LAST, _I.AUDIO: _S.SPEAKING},
    _S.OVER: {},
}
"""Inputs without a cell are ignored."""

_RESPONSES: Mapping[type[SynthesisResponse], SynthesisInput] = {
    StartResponse: _I.STARTED,
    EndResponse: _I.ENDED,
    ErrorResponse: _I.ERROR,
    FatalErrorResponse: _I.ERROR,
}


class SynthesisSession:
    """One text on its way to audio.

    Driven by :meth:`start`, :meth:`receive`, and :meth:`handle_timeout` once :meth:`deadline` has
    passed.
    """

    def __init__(
        self,
        *,
        first_audio_timeout_s: float = 5.0,
        stall_timeout_s: float = 5.0,
        service: str = "",
        on_trace: Callable[[str], None] | None = None,
    ) -> None:
        self.state = SynthesisState.IDLE
        self.trace_id: str | None = None
        self._raw_trace_id: str | None = None
        self._first_audio_timeout_s = first_audio_timeout_s
        self._stall_timeout_s = stall_timeout_s
        self._service = service
        self._on_trace = on_trace
        self._started_at = 0.0
        self._bytes_per_s = self._bytes_left = 1
        self._longest_s = 0.0
        self._patience_s = stall_timeout_s
        """What may still be waited for audio in all: it grows with the audio that comes."""

    @property
    def is_over(self) -> bool:
        """END came, or a failure was raised."""
        return self.state is SynthesisState.OVER

    def start(self, text: str, config: SynthesisConfig, now: float) -> str:
        """Return the message that requests ``text``."""
        self._advance(SynthesisInput.START)
        self._started_at = now
        self._bytes_per_s = config.sample_rate * (2 if config.audio_format == "pcm" else 1)
        self._longest_s = MIN_LONGEST_S + S_PER_CHARACTER * len(text)
        self._bytes_left = round(self._longest_s * self._bytes_per_s)
        return encode(SynthesisStartRequest(text, config))

    def deadline(self, now: float) -> float:
        """Return the deadline of a wait that begins ``now``, monotonic seconds.

        The first audio is timed from START. Later audio is timed from the moment somebody waits for
        it: a slow consumer is not the service's fault. All such waits together may be longer than
        the audio that came by ``stall_timeout_s``, so that a trickle is no progress.
        """
        if self.state is SynthesisState.SPEAKING:
            return now + min(self._stall_timeout_s, self._patience_s)
        return self._started_at + self._first_audio_timeout_s

    def waited(self, seconds: float) -> None:
        """Note how long somebody waited for the message that comes next."""
        if self.state is SynthesisState.SPEAKING:
            self._patience_s -= seconds

    def receive(self, message: str | bytes) -> bytes:
        """Handle one message of the service.

        Returns:
            Its audio, in the requested format; empty if it has none.

        Raises:
            SpeechRejected: ERROR, FATAL_ERROR, or END with a reason other than NORMAL.
            SpeechProtocolError: The message cannot be read, or there is far more audio than the
                text can be.
        """
        if isinstance(message, bytes):
            return self._take_audio(message)
        try:
            response = decode_synthesis_response(message)
        except SpeechProtocolError as error:
            self.lose(SpeechProtocolError(error.reason, service=self._service))
        if isinstance(response, Unknown | SubtitleResponse):  # no subtitles were asked for
            kind = response.resp_type if isinstance(response, Unknown) else "RESULT"
            _logger.debug("! synthesis: type %.40r ignored, trace %s", kind, self.trace_id)
        elif self._advance(_RESPONSES[type(response)], response.trace_id):
            self._obey(response)
        return b""

    def _take_audio(self, audio: bytes) -> bytes:
        if not self._advance(SynthesisInput.AUDIO):
            return b""
        self._bytes_left -= len(audio)
        if self._bytes_left < 0:
            reason = f"more than {self._longest_s:.0f} s of audio for a text of that length"
            self.lose(SpeechProtocolError(reason, service=self._service))
        self._patience_s += len(audio) / self._bytes_per_s
        return audio

    def handle_timeout(self) -> NoReturn:
        """The deadline has passed.

        Raises:
            SpeechUnavailable: Always.
        """
        if self.state is SynthesisState.SPEAKING:
            reason = f"audio {self._stall_timeout_s:g} s late, and no END"
        else:
            reason = f"no audio within {self._first_audio_timeout_s:g} s of START"
        self._advance(SynthesisInput.TIMEOUT)
        raise SpeechUnavailable(
            reason, service=self._service, trace_id=self.trace_id, has_waited=True
        )

    def lose(self, error: SpeechError) -> NoReturn:
        """The socket is lost or unusable.

        Raises:
            SpeechError: ``error``, always.
        """
        self._advance(SynthesisInput.LOST)
        error.trace_id = error.trace_id or self.trace_id
        raise error

    def _obey(
        self,
        response: StartResponse | EndResponse | ErrorResponse | FatalErrorResponse,
    ) -> None:
        if isinstance(response, ErrorResponse | FatalErrorResponse):
            error = rejection(response, service=self._service)
            error.trace_id = error.trace_id or self.trace_id
            raise error
        if isinstance(response, EndResponse) and response.reason != EndReason.NORMAL:
            raise SpeechRejected(
                f"END {response.reason}",
                "the synthesis was not completed",
                service=self._service,
                trace_id=self.trace_id,
            )

    def _advance(self, what: SynthesisInput, trace_id: str | None = None) -> bool:
        """Enter the next state; return False and change nothing if the table has no cell."""
        state = SYNTHESIS_TRANSITIONS[self.state].get(what)
        if state is None:
            _logger.debug(
                "! synthesis: %s ignored while %s, trace %s",
                what.value,
                self.state.value,
                self.trace_id,
            )
            return False
        if trace_id and trace_id != self._raw_trace_id:
            is_first = self.trace_id is None
            self._raw_trace_id, self.trace_id = trace_id, clean_text(trace_id)
            if self._on_trace and is_first:
                self._on_trace(self.trace_id)
        if state is not self.state:
            _logger.debug(
                "= synthesis: %s -> %s, trace %s", self.state.value, state.value, self.trace_id
            )
        self.state = state
        return True
