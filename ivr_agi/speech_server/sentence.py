"""``sentence-stream``: one sentence, with voice events. Core, no I/O.

Source: ``sis-protocol.md`` 6 and 7 (sentence-stream), order of messages 8 rows 2, 3 and 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.sis.messages import EndReason, EventName
from ivr_agi.speech_server.listener import Found, Listener
from ivr_agi.speech_server.sessions import (
    BeginUtterance,
    CloseUtterance,
    FeedUtterance,
    FinishUtterance,
    Session,
    SessionInput,
    SessionState,
    Span,
)

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import Hypothesis
    from ivr_agi.speech_server.listener import Heard
    from ivr_agi.speech_server.sessions import Output, SessionSetup

__all__ = ("SentenceSession",)

_S, _I = SessionState, SessionInput


class SentenceSession(Session):
    """See :class:`Session`."""

    TRANSITIONS = {
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
    MOST_AUDIO_S = 60

    def __init__(self, setup: SessionSetup) -> None:
        super().__init__(setup)
        self._listener = Listener(
            setup.config, window_samples=setup.window_samples, probability=setup.probability
        )

    def receive_final(self, hypothesis: Hypothesis | None) -> list[Output]:
        """The recognizer's words, or none. RESULT goes before VOICE_END (8, row 2)."""
        ended_by_client = self.state is _S.DRAINING
        self._advance(_I.ANSWERED)
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
        self._advance(_I.END_ASKED)
        if was is _S.IN_VOICE:
            return [FinishUtterance()]
        if self.state is _S.ENDED:
            return [CloseUtterance(), self._end(EndReason.NORMAL)]
        return []

    def _hear(self, pcm: bytes) -> list[Output]:
        outputs: list[Output] = []
        for heard in self._listener.listen(pcm):
            outputs += self._receive_heard(heard)
            if self.state not in (_S.LISTENING, _S.IN_VOICE):
                break
        return outputs

    def _receive_heard(self, heard: Heard) -> list[Output]:
        match heard.found:
            case Found.VOICE_START:
                self._advance(_I.VOICE_STARTED)
                return [  # VOICE_START first: nothing may be in its way
                    self._event(EventName.VOICE_START, self._listener.position_ms),
                    BeginUtterance(heard.background),
                    FeedUtterance(heard.pcm),
                ]
            case Found.VOICE:
                return [FeedUtterance(heard.pcm)]
            case Found.VOICE_END:
                self._advance(_I.VOICE_ENDED)
                return [FeedUtterance(heard.pcm), FinishUtterance()]
            case Found.SILENCE_EXCEEDED:
                self._advance(_I.SILENCE_EXCEEDED)
                event = self._event(EventName.EXCEEDED_SILENCE, self._listener.position_ms)
                return [CloseUtterance(), event]

    def _open_span(self) -> Span | None:
        return self._span() if self.state in (_S.IN_VOICE, _S.DECIDING, _S.DRAINING) else None

    def _span(self) -> Span:
        listener = self._listener
        return Span(listener.voice_start_ms, listener.voice_end_ms, listener.feed_start_ms)
