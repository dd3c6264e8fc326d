"""A recognition session of the server: its states, and what all modes share. Core, no I/O.

Audio goes in; messages for the client and commands for the recognizer come out.
:mod:`ivr_agi.speech_server.modes` has the session of each mode. Each follows its mode's table of
transitions, shown in ``docs/states.md``; what has no cell cannot happen.

Source: ``sis-protocol.md`` 4, 6 (modes), 7 (state machines, STREAMING and DRAIN); order of messages
8 rows 2, 3, 5, 6 and 17.
"""

from __future__ import annotations

import enum
import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLES_PER_MS
from ivr_agi.sis.session.modes import MAX_AUDIO_S, Mode
from ivr_agi.sis.wire.messages import (
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
from ivr_agi.speech_server.spelling import spell, word_infos

if TYPE_CHECKING:
    from collections.abc import Mapping

    _Row: TypeAlias = Mapping["SessionInput", "SessionState"]
    from collections.abc import Callable

    from ivr_agi.speech_server.engines.base import Hypothesis
    from ivr_agi.speech_server.engines.onset import OnsetRule

__all__ = (
    "SERVER_TRANSITIONS",
    "BeginUtterance",
    "CloseUtterance",
    "FeedUtterance",
    "FinishUtterance",
    "Output",
    "SentenceSpan",
    "Session",
    "SessionInput",
    "SessionSetup",
    "SessionState",
)


class SessionState(enum.Enum):
    """The states of a session."""

    LISTENING = "listening"
    """No voice yet, or none at the moment; in a short session: audio arrives."""
    IN_VOICE = "in_voice"
    """The caller speaks."""
    DECIDING = "deciding"
    """The sentence is over; the recognizer has not answered yet."""
    DONE = "done"
    """All results were sent; audio is ignored until the client's END."""
    DRAINING = "draining"
    """The client's END came; the recognizer has not answered yet."""
    ENDED = "ended"
    """END was sent."""


class SessionInput(enum.Enum):
    """What can happen to a session."""

    VOICE_STARTED = "voice_started"
    """The speech detector hears a voice."""
    VOICE_ENDED = "voice_ended"
    """Silence of ``vad_tail``, or speech of ``max_seconds``."""
    SILENCE_EXCEEDED = "silence_exceeded"
    """No voice for ``vad_head``."""
    ANSWERED = "answered"
    """The recognizer's words, if any, for the oldest sentence that waits for them."""
    DRAINED = "drained"
    """After the client's END, no sentence waits for words any more."""
    END_ASKED = "end_asked"
    """The client's END."""
    CANCEL_ASKED = "cancel_asked"
    """The client's END with ``cancel``."""
    FAILED = "failed"
    """A bad message, too much audio, or a fault of the recognizer: ERROR, then END."""


_S, _I = SessionState, SessionInput

_STOP: _Row = {_I.CANCEL_ASKED: _S.ENDED, _I.FAILED: _S.ENDED}
"""What ends any session at once."""
_LAST_WORDS: _Row = {**_STOP, _I.END_ASKED: _S.DRAINING, _I.ANSWERED: _S.ENDED}
"""Wait for the words of one sentence, then END."""

SERVER_TRANSITIONS: Mapping[Mode, Mapping[SessionState, _Row]] = {
    Mode.SHORT: {
        _S.LISTENING: {**_STOP, _I.END_ASKED: _S.DRAINING},
        _S.DRAINING: _LAST_WORDS,
        _S.ENDED: {},
    },
    Mode.SENTENCE: {
        _S.LISTENING: {
            **_STOP,
            _I.VOICE_STARTED: _S.IN_VOICE,
            _I.SILENCE_EXCEEDED: _S.DONE,
            _I.END_ASKED: _S.ENDED,
        },
        _S.IN_VOICE: {**_STOP, _I.VOICE_ENDED: _S.DECIDING, _I.END_ASKED: _S.DRAINING},
        _S.DECIDING: {**_STOP, _I.ANSWERED: _S.DONE, _I.END_ASKED: _S.DRAINING},
        _S.DONE: {**_STOP, _I.END_ASKED: _S.ENDED},
        _S.DRAINING: _LAST_WORDS,
        _S.ENDED: {},
    },
    # The words of one sentence may come while the next one is spoken.
    Mode.CONTINUE: {
        _S.LISTENING: {
            **_STOP,
            _I.VOICE_STARTED: _S.IN_VOICE,
            _I.SILENCE_EXCEEDED: _S.LISTENING,
            _I.ANSWERED: _S.LISTENING,
            _I.END_ASKED: _S.DRAINING,
        },
        _S.IN_VOICE: {
            **_STOP,
            _I.VOICE_ENDED: _S.LISTENING,
            _I.ANSWERED: _S.IN_VOICE,
            _I.END_ASKED: _S.DRAINING,
        },
        _S.DRAINING: {
            **_STOP,
            _I.ANSWERED: _S.DRAINING,
            _I.DRAINED: _S.ENDED,
            _I.END_ASKED: _S.DRAINING,
        },
        _S.ENDED: {},
    },
}
"""The session of each mode; a mode does not have the states without a row."""

_log = logging.getLogger("ivr_agi.speech_server")

MIN_SCORE = 0.0001
"""Words with a lower score count as noise. Most noises that pass for speech score lower or give no
words at all. So does one sentence in ten that is not on the list; the others get a low score."""


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
    """The recognizer's words are not wanted any more."""


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


@dataclass(frozen=True, slots=True)
class SentenceSpan:
    """A sentence's place in the session's audio, in milliseconds."""

    start_ms: int
    """Where the voice begins."""
    end_ms: int
    """Where it ends."""
    feed_ms: int
    """Where the audio for the recognizer begins."""


@dataclass(frozen=True)
class SessionSetup:
    """Everything a session needs."""

    config: RecognitionConfig
    """What START asked for."""
    trace_id: str
    """Is part of every message."""
    window_samples: int
    """Samples (8 kHz) in a window of the speech detector."""
    probability: Callable[[bytes], float]
    """Speech probability of a window's PCM."""
    onset: OnsetRule | None = None
    """Says when a voice begins; None: two windows with speech. Belongs to this session alone."""
    language: str = "en-us"
    """``en-us`` or ``cmn``."""
    is_free: bool = True
    """False: the words are those of a list, as it spells them."""
    min_score: float = MIN_SCORE
    """Words with a lower score count as none."""


class Session(ABC):
    """A session from its accepted START to its END; methods return what to do, in order."""

    MODE: ClassVar[Mode]

    def __init__(self, setup: SessionSetup) -> None:
        self.trace_id = setup.trace_id
        self.state = SessionState.LISTENING
        self._setup = setup
        self._config = setup.config
        self._n_samples = 0

    @property
    def is_listening(self) -> bool:
        """Whether audio is used."""
        return self.state in (SessionState.LISTENING, SessionState.IN_VOICE)

    # --- What happens ---

    def receive_audio(self, pcm: bytes) -> list[Output]:
        """Take audio of any length (s16le mono 8 kHz, whole samples)."""
        if not self.is_listening:
            return []  # ignored (6: further audio ignored), and not counted
        self._n_samples += len(pcm) // SAMPLE_BYTES
        outputs = self._hear(pcm)
        most_s = MAX_AUDIO_S[self.MODE]
        if self.is_listening and self._n_samples > most_s * 1000 * SAMPLES_PER_MS:
            text = f"the audio is longer than {most_s} s"
            outputs += self.receive_failure("SIS.0309", text)
        return outputs

    def receive_partial(self, text: str) -> list[Output]:
        """Take the recognizer's words so far."""
        span = self._open_span()
        if self._config.interim_results != "yes" or span is None:
            return []
        return [self._result(span, SegmentText(text=self._spell(text), score=0.0), is_final=False)]

    @abstractmethod
    def receive_final(self, hypothesis: Hypothesis | None) -> list[Output]:
        """Take the recognizer's words, if any."""

    @abstractmethod
    def _receive_plain_end(self) -> list[Output]:
        """Take the client's END that wants all words."""

    @abstractmethod
    def _hear(self, pcm: bytes) -> list[Output]:
        """Process audio."""

    @abstractmethod
    def _open_span(self) -> SentenceSpan | None:
        """The oldest sentence whose words are not known yet."""

    def receive_end(self, *, cancel: bool) -> list[Output]:
        """Take the client's END; ``cancel`` drops what is not decided yet."""
        if not cancel:
            return self._receive_plain_end()
        self._advance(SessionInput.CANCEL_ASKED)
        return [CloseUtterance(), self._end(EndReason.CANCEL)]

    def receive_failure(self, code: str, text: str) -> list[Output]:
        """Fail the session: ERROR, then END with reason ERROR (4.3).

        Args:
            code: ``SIS.xxxx``.
            text: One line for the client.
        """
        self._advance(SessionInput.FAILED)
        error = ErrorResponse(trace_id=self.trace_id, error_code=code, error_msg=text)
        return [CloseUtterance(), error, self._end(EndReason.ERROR)]

    # --- What is said ---

    def _advance(self, happened: SessionInput) -> None:
        before = self.state
        after = SERVER_TRANSITIONS[self.MODE][before].get(happened)
        if after is None:
            raise ValueError(f"{happened.value} cannot happen while {before.value}")
        self.state = after
        _log.debug("= %s: %s -> %s", self.trace_id, before.value, self.state.value)

    def _event(self, event: EventName, position_ms: int) -> EventResponse:
        return EventResponse(trace_id=self.trace_id, event=event, timestamp=position_ms)

    def _end(self, reason: EndReason) -> EndResponse:
        return EndResponse(trace_id=self.trace_id, reason=reason)

    def _is_words(self, hypothesis: Hypothesis | None) -> bool:
        return hypothesis is not None and hypothesis.score >= self._setup.min_score

    def _final(self, span: SentenceSpan, hypothesis: Hypothesis) -> ResultResponse:
        words = None
        if self._config.need_word_info == "yes":
            words = word_infos(hypothesis.words, self._setup.language, span.feed_ms)
            if words:  # the recognizer may hear slightly more than the speech detector
                span = replace(
                    span,
                    start_ms=min(span.start_ms, words[0].start_time),
                    end_ms=max(span.end_ms, words[-1].end_time),
                )
        text = SegmentText(
            text=self._spell(hypothesis.text, is_final=True),
            score=round(hypothesis.score, 4),
            word_info=words,
        )
        return self._result(span, text, is_final=True)

    def _result(self, span: SentenceSpan, text: SegmentText, *, is_final: bool) -> ResultResponse:
        segment = Segment(
            start_time=span.start_ms, end_time=span.end_ms, is_final=is_final, result=text
        )
        return ResultResponse(trace_id=self.trace_id, segments=[segment])

    def _spell(self, text: str, *, is_final: bool = False) -> str:
        """Spell free words; those of a list stay as it spells them."""
        if not self._setup.is_free:
            return text
        return spell(
            text,
            self._setup.language,
            digits=self._config.digit_norm == "yes",
            punctuation=is_final and self._config.add_punc == "yes",
        )
