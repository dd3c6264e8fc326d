"""``sentence-stream``: one sentence, with voice events. Core, no I/O.

Source: ``sis-protocol.md`` 6 and 7 (sentence-stream), order of messages 8 rows 2, 3 and 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.wire.messages import EndReason, EventName
from ivr_agi.speech_server.sessions import CloseUtterance, FinishUtterance
from ivr_agi.speech_server.states import SessionInput, SessionState
from ivr_agi.speech_server.voiced import VoicedSession

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import Hypothesis
    from ivr_agi.speech_server.sessions import Output, SentenceSpan

__all__ = ("SentenceSession",)

_S = SessionState


class SentenceSession(VoicedSession):
    """See :class:`Session`."""

    MODE = Mode.SENTENCE

    def receive_final(self, hypothesis: Hypothesis | None) -> list[Output]:
        """The recognizer's words, or none. RESULT goes before VOICE_END (8, row 2)."""
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
