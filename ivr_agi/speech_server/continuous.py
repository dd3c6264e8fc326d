"""``continue-stream``: sentence after sentence, without events. Core, no I/O.

A sentence's words may come when the next one has begun; the recognizer answers in order.
Source: ``sis-protocol.md`` 6 and 7 (continue-stream), 8 rows 16 and 17.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ivr_agi.sis.messages import EndReason
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

__all__ = ("ContinuousSession",)

_S, _I = SessionState, SessionInput


class ContinuousSession(Session):
    """See :class:`Session`."""

    TRANSITIONS = {
        _S.LISTENING: {
            _I.VOICE_STARTED: _S.IN_VOICE,
            _I.SILENCE_EXCEEDED: _S.LISTENING,
            _I.ANSWERED: _S.LISTENING,
            _I.END_ASKED: _S.DRAINING,
            _I.CANCEL_ASKED: _S.ENDED,
            _I.FAILED: _S.ENDED,
        },
        _S.IN_VOICE: {
            _I.VOICE_ENDED: _S.LISTENING,
            _I.ANSWERED: _S.IN_VOICE,
            _I.END_ASKED: _S.DRAINING,
            _I.CANCEL_ASKED: _S.ENDED,
            _I.FAILED: _S.ENDED,
        },
        _S.DRAINING: {
            _I.ANSWERED: _S.DRAINING,
            _I.DRAINED: _S.ENDED,
            _I.END_ASKED: _S.DRAINING,
            _I.CANCEL_ASKED: _S.ENDED,
            _I.FAILED: _S.ENDED,
        },
        _S.ENDED: {},
    }
    MOST_AUDIO_S = 5 * 3600

    def __init__(self, setup: SessionSetup) -> None:
        super().__init__(setup)
        self._listener = Listener(
            setup.config, window_samples=setup.window_samples, probability=setup.probability
        )
        self._finished: deque[Span] = deque()  # sentences that wait for their words

    def receive_final(self, hypothesis: Hypothesis | None) -> list[Output]:
        """The words of the oldest sentence, or none: then nothing is said."""
        self._advance(_I.ANSWERED)
        span = self._finished.popleft()
        outputs: list[Output] = []
        if hypothesis is not None and self._is_words(hypothesis):
            outputs.append(self._final(span, hypothesis))
        return outputs + self._end_when_drained()

    def _receive_plain_end(self) -> list[Output]:
        was = self.state
        self._advance(_I.END_ASKED)
        outputs: list[Output] = []
        if was is _S.IN_VOICE:
            outputs = self._finish()
        return outputs if was is _S.DRAINING else outputs + self._end_when_drained()

    def _end_when_drained(self) -> list[Output]:
        if self.state is not _S.DRAINING or self._finished:
            return []
        self._advance(_I.DRAINED)
        return [CloseUtterance(), self._end(EndReason.NORMAL)]

    def _hear(self, pcm: bytes) -> list[Output]:
        return [
            output for heard in self._listener.listen(pcm) for output in self._receive_heard(heard)
        ]

    def _receive_heard(self, heard: Heard) -> list[Output]:
        match heard.found:
            case Found.VOICE_START:
                self._advance(_I.VOICE_STARTED)
                return [BeginUtterance(heard.background), FeedUtterance(heard.pcm)]
            case Found.VOICE:
                return [FeedUtterance(heard.pcm)]
            case Found.VOICE_END:
                self._advance(_I.VOICE_ENDED)
                return [FeedUtterance(heard.pcm), *self._finish()]
            case Found.SILENCE_EXCEEDED:
                self._advance(_I.SILENCE_EXCEEDED)
                return []  # cut only, no message (7)

    def _finish(self) -> list[Output]:
        self._finished.append(self._span())
        return [FinishUtterance()]

    def _open_span(self) -> Span | None:
        if self._finished:
            return self._finished[0]
        return self._span() if self.state is _S.IN_VOICE else None

    def _span(self) -> Span:
        listener = self._listener
        return Span(listener.voice_start_ms, listener.voice_end_ms, listener.feed_start_ms)
