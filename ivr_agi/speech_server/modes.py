"""The sessions of the three modes: short, sentence and continue. Core, no I/O.

* ``short-stream``: everything between START and END is one utterance. The server looks for no
  voice: the VAD fields have no effect (``sis-protocol.md`` 5), there are no events, and the words
  come after END.
* ``sentence-stream``: one sentence, with voice events.
* ``continue-stream``: sentence after sentence, without events. The words of a sentence may come
  after the next one has begun; the recognizer answers in order.

Source: ``sis-protocol.md`` 6 and 7; order of messages 8 rows 2, 3, 5, 16 and 17.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from ivr_agi.audio.frames import SAMPLES_PER_MS
from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.wire.messages import EndReason, EventName, SegmentText
from ivr_agi.speech_server.listener import Listener, WindowKind
from ivr_agi.speech_server.session import (
    BeginUtterance,
    CloseUtterance,
    FeedUtterance,
    FinishUtterance,
    SentenceSpan,
    Session,
    SessionInput,
    SessionState,
)

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import Hypothesis
    from ivr_agi.speech_server.listener import Detection
    from ivr_agi.speech_server.session import Output, SessionSetup

__all__ = (
    "ContinuousSession",
    "SentenceSession",
    "ShortSession",
    "VoicedSession",
)

_S, _I = SessionState, SessionInput


class ShortSession(Session):
    """One utterance from START to END: ``short-stream``."""

    MODE = Mode.SHORT

    def __init__(self, setup: SessionSetup) -> None:
        super().__init__(setup)
        self._begun = False

    def receive_final(self, hypothesis: Hypothesis | None) -> list[Output]:
        """Take the words; without any, the final RESULT has an empty text."""
        self._advance(_I.ANSWERED)
        if hypothesis is not None and self._is_words(hypothesis):
            result = self._final(self._span(), hypothesis)
        else:
            result = self._result(self._span(), SegmentText(text="", score=0.0), is_final=True)
        return [CloseUtterance(), result, self._end(EndReason.NORMAL)]

    def _receive_plain_end(self) -> list[Output]:
        was = self.state
        self._advance(_I.END_ASKED)
        if was is _S.DRAINING:
            return []
        return [FinishUtterance()] if self._begun else self.receive_final(None)

    def _hear(self, pcm: bytes) -> list[Output]:
        outputs: list[Output] = [FeedUtterance(pcm)] if pcm else []
        if outputs and not self._begun:
            self._begun = True
            outputs.insert(0, BeginUtterance(b""))
        return outputs

    def _open_span(self) -> SentenceSpan | None:
        return self._span() if self.state in (_S.LISTENING, _S.DRAINING) else None

    def _span(self) -> SentenceSpan:
        return SentenceSpan(0, self._n_samples // SAMPLES_PER_MS, 0)


class VoicedSession(Session):
    """A session in which the server looks for voices."""

    def __init__(self, setup: SessionSetup) -> None:
        super().__init__(setup)
        self._listener = Listener(
            setup.config,
            window_samples=setup.window_samples,
            probability=setup.probability,
            onset=setup.onset,
        )

    @abstractmethod
    def _begin_sentence(self) -> list[Output]:
        """Return what to do first when a voice begins."""

    @abstractmethod
    def _finish_sentence(self) -> list[Output]:
        """Return what to do when it is over."""

    @abstractmethod
    def _exceed_silence(self) -> list[Output]:
        """Return what to do when there was no voice for ``vad_head``."""

    def _hear(self, pcm: bytes) -> list[Output]:
        outputs: list[Output] = []
        for heard in self._listener.listen(pcm):
            outputs += self._receive_heard(heard)
            if not self.is_listening:
                break
        return outputs

    def _receive_heard(self, heard: Detection) -> list[Output]:
        match heard.found:
            case WindowKind.VOICE_START:
                self._advance(SessionInput.VOICE_STARTED)
                begin = BeginUtterance(heard.background)
                return [*self._begin_sentence(), begin, FeedUtterance(heard.pcm)]
            case WindowKind.VOICE:
                return [FeedUtterance(heard.pcm)]
            case WindowKind.VOICE_END:
                self._advance(SessionInput.VOICE_ENDED)
                return [FeedUtterance(heard.pcm), *self._finish_sentence()]
            case WindowKind.SILENCE_EXCEEDED:
                self._advance(SessionInput.SILENCE_EXCEEDED)
                return self._exceed_silence()

    def _span(self) -> SentenceSpan:
        listener = self._listener
        return SentenceSpan(listener.voice_start_ms, listener.voice_end_ms, listener.feed_start_ms)


class SentenceSession(VoicedSession):
    """One sentence, with voice events: ``sentence-stream``."""

    MODE = Mode.SENTENCE

    def receive_final(self, hypothesis: Hypothesis | None) -> list[Output]:
        """Take the recognizer's words, if any. RESULT goes before VOICE_END (8, row 2)."""
        ended_by_client = self.state is _S.DRAINING
        self._advance(SessionInput.ANSWERED)
        outputs: list[Output] = [CloseUtterance()]
        if hypothesis is not None and self._is_words(hypothesis):
            outputs.append(self._final(self._span(), hypothesis))
            outputs.append(self._event(EventName.VOICE_END, self._listener.position_ms))
        elif not ended_by_client:
            outputs.append(self._event(EventName.EXCEEDED_SILENCE, self._listener.position_ms))
        if ended_by_client:
            outputs.append(self._end(EndReason.NORMAL))
        return outputs

    def _receive_plain_end(self) -> list[Output]:
        was = self.state
        self._advance(SessionInput.END_ASKED)
        if was is _S.IN_VOICE:
            return [FinishUtterance()]
        if self.state is _S.ENDED:
            return [CloseUtterance(), self._end(EndReason.NORMAL)]
        return []

    def _begin_sentence(self) -> list[Output]:
        return [self._event(EventName.VOICE_START, self._listener.position_ms)]

    def _finish_sentence(self) -> list[Output]:
        return [FinishUtterance()]

    def _exceed_silence(self) -> list[Output]:
        event = self._event(EventName.EXCEEDED_SILENCE, self._listener.position_ms)
        return [CloseUtterance(), event]

    def _open_span(self) -> SentenceSpan | None:
        return self._span() if self.state in (_S.IN_VOICE, _S.DECIDING, _S.DRAINING) else None


class ContinuousSession(VoicedSession):
    """Sentence after sentence, without events: ``continue-stream``."""

    MODE = Mode.CONTINUE

    def __init__(self, setup: SessionSetup) -> None:
        super().__init__(setup)
        self._finished: deque[SentenceSpan] = deque()  # sentences that wait for their words

    def receive_final(self, hypothesis: Hypothesis | None) -> list[Output]:
        """Take the words of the oldest sentence; without any, nothing is sent."""
        self._advance(SessionInput.ANSWERED)
        span = self._finished.popleft()
        outputs: list[Output] = []
        if hypothesis is not None and self._is_words(hypothesis):
            outputs.append(self._final(span, hypothesis))
        return outputs + self._end_when_drained()

    def _receive_plain_end(self) -> list[Output]:
        was = self.state
        self._advance(SessionInput.END_ASKED)
        if was is _S.DRAINING:
            return []
        outputs = self._finish_sentence() if was is _S.IN_VOICE else []
        return outputs + self._end_when_drained()

    def _end_when_drained(self) -> list[Output]:
        if self.state is not _S.DRAINING or self._finished:
            return []
        self._advance(SessionInput.DRAINED)
        return [CloseUtterance(), self._end(EndReason.NORMAL)]

    def _begin_sentence(self) -> list[Output]:
        return []

    def _finish_sentence(self) -> list[Output]:
        self._finished.append(self._span())
        return [FinishUtterance()]

    def _exceed_silence(self) -> list[Output]:
        return []  # only a cut, no message (7)

    def _open_span(self) -> SentenceSpan | None:
        if self._finished:
            return self._finished[0]
        return self._span() if self.state is _S.IN_VOICE else None
