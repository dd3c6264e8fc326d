"""``continue-stream``: sentence after sentence, without events. Core, no I/O.

A sentence's words may come when the next one has begun; the recognizer answers in order.
Source: ``sis-protocol.md`` 6 and 7 (continue-stream), 8 rows 16 and 17.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.wire.messages import EndReason
from ivr_agi.speech_server.sessions import CloseUtterance, FinishUtterance
from ivr_agi.speech_server.states import SessionInput, SessionState
from ivr_agi.speech_server.voiced import VoicedSession

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import Hypothesis
    from ivr_agi.speech_server.sessions import Output, SentenceSpan, SessionSetup

__all__ = ("ContinuousSession",)

_S = SessionState


class ContinuousSession(VoicedSession):
    """See :class:`Session`."""

    MODE = Mode.CONTINUE

    def __init__(self, setup: SessionSetup) -> None:
        super().__init__(setup)
        self._finished: deque[SentenceSpan] = deque()  # sentences that wait for their words

    def receive_final(self, hypothesis: Hypothesis | None) -> list[Output]:
        """The words of the oldest sentence, or none: then nothing is said."""
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
        return []  # cut only, no message (7)

    def _open_span(self) -> SentenceSpan | None:
        if self._finished:
            return self._finished[0]
        return self._span() if self.state is _S.IN_VOICE else None
