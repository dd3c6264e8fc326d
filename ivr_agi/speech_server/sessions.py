"""One recognition session, sentence mode, driven by the audio's own time. Core, no I/O.

Audio goes in, messages for the client and commands for the recognizer come out. Time is counted in
samples received, so a file that is sent faster than real time gives the same session. The other two
modes of ``sis-protocol.md`` 6 (short, continue) will be further tables beside this one.

Source: ``sis-protocol.md`` 6 and 7 (sentence-stream), order of messages 8 rows 2, 3 and 5.
"""

from __future__ import annotations

import enum
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ivr_agi.sis.messages import (
    EndReason,
    EndResponse,
    ErrorResponse,
    EventName,
    EventResponse,
    RecognitionConfig,
    ResultResponse,
    Segment,
    SegmentText,
)
from ivr_agi.speech_server.engines.endpointer import SPEECH_OFF, Boundary, Endpointer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ivr_agi.speech_server.engines.base import Hypothesis

__all__ = (
    "TRANSITIONS",
    "BeginUtterance",
    "CloseUtterance",
    "FeedUtterance",
    "FinishUtterance",
    "Output",
    "SentenceSession",
    "SessionInput",
    "SessionState",
)

logger = logging.getLogger("ivr_agi.speech_server")

SAMPLES_PER_MS = 8
SAMPLE_BYTES = 2

PRE_SPEECH_WINDOWS = 8
"""Windows before the one that says START which belong to the sentence (256 ms): soft onsets."""
BACKGROUND_WINDOWS = 12
"""Windows without speech that a noise filter gets (384 ms)."""
GUARD_WINDOWS = 2
"""Windows right before the onset that are not taken for background: the onset may be in them."""
UNLIMITED_HEAD_MS = 60_000
"""What ``vad_head`` 0 means (8, row 7)."""
MIN_SCORE = 0.0001
"""Words below are noise, not words: most noises that pass for speech give less or no words
at all. Of speech that is not on the list one sentence in ten does; the rest gets its low score."""


class SessionState(enum.Enum):
    """Where a session stands."""

    LISTENING = "listening"
    """No voice yet."""
    IN_VOICE = "in_voice"
    """VOICE_START is out; the caller speaks."""
    DECIDING = "deciding"
    """The sentence is over; the recognizer has not answered yet."""
    DONE = "done"
    """Everything is said; audio is ignored until the client's END."""
    DRAINING = "draining"
    """The client's END came while a sentence was open; the recognizer has not answered yet."""
    ENDED = "ended"
    """END is out."""


class SessionInput(enum.Enum):
    """What can happen to a session."""

    VOICE_STARTED = "voice_started"
    VOICE_ENDED = "voice_ended"
    """Silence of ``vad_tail``, or speech of ``max_seconds``."""
    SILENCE_EXCEEDED = "silence_exceeded"
    """``vad_head`` is over."""
    ANSWERED = "answered"
    """The recognizer's words, or none."""
    END_ASKED = "end_asked"
    CANCEL_ASKED = "cancel_asked"
    FAILED = "failed"


_S, _I = SessionState, SessionInput

TRANSITIONS: Mapping[SessionState, Mapping[SessionInput, SessionState]] = {
    _S.LISTENING: {
        _I.VOICE_STARTED: _S.IN_VOICE,
        _I.SILENCE_EXCEEDED: _S.DONE,
        _I.END_ASKED: _S.ENDED,
        _I.CANCEL_ASKED: _S.ENDED,
        _I.FAILED: _S.ENDED,
    },
    _S.IN_VOICE: {
        _I.VOICE_ENDED: _S.DECIDING,
        _I.END_ASKED: _S.DRAINING,
        _I.CANCEL_ASKED: _S.ENDED,
        _I.FAILED: _S.ENDED,
    },
    _S.DECIDING: {
        _I.ANSWERED: _S.DONE,
        _I.END_ASKED: _S.DRAINING,
        _I.CANCEL_ASKED: _S.ENDED,
        _I.FAILED: _S.ENDED,
    },
    _S.DONE: {
        _I.END_ASKED: _S.ENDED,
        _I.CANCEL_ASKED: _S.ENDED,
        _I.FAILED: _S.ENDED,
    },
    _S.DRAINING: {
        _I.ANSWERED: _S.ENDED,
        _I.END_ASKED: _S.DRAINING,
        _I.CANCEL_ASKED: _S.ENDED,
        _I.FAILED: _S.ENDED,
    },
    _S.ENDED: {},
}

_UNDECIDED = (SessionState.IN_VOICE, SessionState.DECIDING, SessionState.DRAINING)
"""Where the recognizer's words so far are news."""


@dataclass(frozen=True, slots=True)
class BeginUtterance:
    """Tell the recognizer that speech was found."""

    background: bytes
    """s16le mono 8 kHz without speech, up to 384 ms."""


@dataclass(frozen=True, slots=True)
class FeedUtterance:
    """Give the recognizer the next piece."""

    pcm: bytes
    """s16le mono 8 kHz."""


@dataclass(frozen=True, slots=True)
class FinishUtterance:
    """Ask the recognizer for the words."""


@dataclass(frozen=True, slots=True)
class CloseUtterance:
    """The recognizer's words are not wanted (any more)."""


Output: TypeAlias = (
    EventResponse
    | ResultResponse
    | ErrorResponse
    | EndResponse
    | BeginUtterance
    | FeedUtterance
    | FinishUtterance
    | CloseUtterance
)


class _Window(NamedTuple):
    pcm: bytes
    probability: float


class SentenceSession:
    """A session from its accepted START to its END; methods give what is to be done, in order.

    Args:
        config: What START asked for.
        trace_id: Goes into every message.
        window_samples: Samples (8 kHz) in a window of the speech detector.
        probability: Speech probability of a window's PCM.
        min_score: Words with a lower score count as none.
    """

    def __init__(
        self,
        config: RecognitionConfig,
        *,
        trace_id: str,
        window_samples: int,
        probability: Callable[[bytes], float],
        min_score: float = MIN_SCORE,
    ) -> None:
        self.trace_id = trace_id
        self.state = SessionState.LISTENING
        self._config = config
        self._probability = probability
        self._min_score = min_score
        self._window_bytes = window_samples * SAMPLE_BYTES
        self._window_ms = window_samples // SAMPLES_PER_MS
        self._head_ms = config.vad_head or UNLIMITED_HEAD_MS
        self._endpointer = Endpointer(-(-config.vad_tail // self._window_ms))
        self._pending = b""
        self._recent: deque[_Window] = deque(
            maxlen=PRE_SPEECH_WINDOWS + GUARD_WINDOWS + BACKGROUND_WINDOWS
        )
        self._position_ms = 0
        self._voice_start_ms = 0
        self._voice_end_ms = 0

    def receive_audio(self, pcm: bytes) -> list[Output]:
        """Take audio of any length (s16le mono 8 kHz, whole samples)."""
        outputs: list[Output] = []
        data = self._pending + pcm
        at = 0
        while self.state in (SessionState.LISTENING, SessionState.IN_VOICE):
            window = data[at : at + self._window_bytes]
            if len(window) < self._window_bytes:
                self._pending = window
                return outputs
            at += self._window_bytes
            outputs += self._receive_window(window)
        return outputs  # the rest is not listened to (sis-protocol.md 6: further audio ignored)

    def receive_partial(self, text: str) -> list[Output]:
        """The recognizer's words so far."""
        if self._config.interim_results != "yes" or self.state not in _UNDECIDED:
            return []
        return [self._result(text, 0.0, is_final=False)]

    def receive_final(self, hypothesis: Hypothesis | None) -> list[Output]:
        """The recognizer's words, or none. RESULT goes before VOICE_END (8, row 2)."""
        ended_by_client = self.state is SessionState.DRAINING
        self._advance(SessionInput.ANSWERED)
        outputs: list[Output] = []
        if hypothesis is not None and hypothesis.score >= self._min_score:
            outputs = [
                self._result(hypothesis.text, round(hypothesis.score, 4), is_final=True),
                self._event(EventName.VOICE_END),
            ]
        elif not ended_by_client:
            outputs = [self._event(EventName.EXCEEDED_SILENCE)]
        if ended_by_client:
            outputs.append(self._end(EndReason.NORMAL))
        return outputs

    def receive_end(self, *, cancel: bool) -> list[Output]:
        """The client's END; ``cancel``: drop what is not decided yet."""
        if cancel:
            self._advance(SessionInput.CANCEL_ASKED)
            return [CloseUtterance(), self._end(EndReason.CANCEL)]
        was = self.state
        self._advance(SessionInput.END_ASKED)
        if was is SessionState.IN_VOICE:
            self._voice_end_ms = self._position_ms
            return [FinishUtterance()]
        if self.state is SessionState.ENDED:
            return [CloseUtterance(), self._end(EndReason.NORMAL)]
        return []

    def receive_failure(self, code: str, text: str) -> list[Output]:
        """The session cannot go on: ERROR, then END with reason ERROR (4.3).

        Args:
            code: ``SIS.xxxx``.
            text: One line for the client.
        """
        self._advance(SessionInput.FAILED)
        error = ErrorResponse(trace_id=self.trace_id, error_code=code, error_msg=text)
        return [CloseUtterance(), error, self._end(EndReason.ERROR)]

    def _receive_window(self, pcm: bytes) -> list[Output]:
        self._position_ms += self._window_ms
        window = _Window(pcm, self._probability(pcm))
        self._recent.append(window)
        boundary = self._endpointer.push(window.probability)
        if self.state is SessionState.LISTENING:
            if boundary is Boundary.VOICE_STARTED:
                return self._start_voice()
            if self._position_ms >= self._head_ms:
                self._advance(SessionInput.SILENCE_EXCEEDED)
                return [CloseUtterance(), self._event(EventName.EXCEEDED_SILENCE)]
            return []
        if self._endpointer.silent_windows == 0:
            self._voice_end_ms = self._position_ms
        spoken_ms = self._position_ms - self._voice_start_ms
        if boundary is Boundary.VOICE_ENDED or spoken_ms >= self._config.max_seconds * 1000:
            self._advance(SessionInput.VOICE_ENDED)
            return [FeedUtterance(pcm), FinishUtterance()]
        return [FeedUtterance(pcm)]

    def _start_voice(self) -> list[Output]:
        """VOICE_START first: nothing may be in its way."""
        self._advance(SessionInput.VOICE_STARTED)
        windows = list(self._recent)
        onset = len(windows) - self._endpointer.onset_windows
        self._voice_start_ms = self._position_ms - self._endpointer.onset_windows * self._window_ms
        self._voice_end_ms = self._position_ms
        sentence = windows[-PRE_SPEECH_WINDOWS - 1 :]
        quiet = [
            window.pcm
            for window in windows[: max(0, onset - GUARD_WINDOWS)]
            if window.probability < SPEECH_OFF
        ]
        return [
            self._event(EventName.VOICE_START),
            BeginUtterance(b"".join(quiet[-BACKGROUND_WINDOWS:])),
            FeedUtterance(b"".join(window.pcm for window in sentence)),
        ]

    def _advance(self, happened: SessionInput) -> None:
        before = self.state
        if happened not in TRANSITIONS[before]:
            raise ValueError(f"{happened.value} cannot happen while {before.value}")
        self.state = TRANSITIONS[before][happened]
        logger.debug("= %s: %s -> %s", self.trace_id, before.value, self.state.value)

    def _event(self, event: EventName) -> EventResponse:
        return EventResponse(trace_id=self.trace_id, event=event, timestamp=self._position_ms)

    def _result(self, text: str, score: float, *, is_final: bool) -> ResultResponse:
        segment = Segment(
            start_time=self._voice_start_ms,
            end_time=self._voice_end_ms,
            is_final=is_final,
            result=SegmentText(text=text, score=score),
        )
        return ResultResponse(trace_id=self.trace_id, segments=[segment])

    def _end(self, reason: EndReason) -> EndResponse:
        return EndResponse(trace_id=self.trace_id, reason=reason)
