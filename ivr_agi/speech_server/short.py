"""``short-stream``: everything between START and END is one utterance. Core, no I/O.

The server looks for no voice: the VAD fields have no effect (``sis-protocol.md`` 5), there are no
events, and the words come after END. Source: ``sis-protocol.md`` 6 and 7 (short-stream).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.audio.frames import SAMPLES_PER_MS
from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.wire.messages import EndReason, SegmentText
from ivr_agi.speech_server.sessions import (
    BeginUtterance,
    CloseUtterance,
    FeedUtterance,
    FinishUtterance,
    SentenceSpan,
    Session,
)
from ivr_agi.speech_server.states import SessionInput, SessionState

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import Hypothesis
    from ivr_agi.speech_server.sessions import Output, SessionSetup

__all__ = ("ShortSession",)

_S, _I = SessionState, SessionInput


class ShortSession(Session):
    """See :class:`Session`."""

    MODE = Mode.SHORT

    def __init__(self, setup: SessionSetup) -> None:
        super().__init__(setup)
        self._begun = False

    def receive_final(self, hypothesis: Hypothesis | None) -> list[Output]:
        """The words; a final RESULT comes also where there are none, with an empty text."""
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
