"""Sessions in which the server looks for voices: what two of the modes share. Core, no I/O.

Source: ``sis-protocol.md`` 6 and 7 (sentence-stream, continue-stream).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from ivr_agi.speech_server.listener import Listener, WindowKind
from ivr_agi.speech_server.sessions import BeginUtterance, FeedUtterance, SentenceSpan, Session
from ivr_agi.speech_server.states import SessionInput

if TYPE_CHECKING:
    from ivr_agi.speech_server.listener import Detection
    from ivr_agi.speech_server.sessions import Output, SessionSetup

__all__ = ("VoicedSession",)


class VoicedSession(Session):
    """See :class:`Session`."""

    def __init__(self, setup: SessionSetup) -> None:
        super().__init__(setup)
        self._listener = Listener(
            setup.config, window_samples=setup.window_samples, probability=setup.probability
        )

    @abstractmethod
    def _begin_sentence(self) -> list[Output]:
        """What is said when a voice begins, before anything else is done."""

    @abstractmethod
    def _finish_sentence(self) -> list[Output]:
        """What is done when it is over."""

    @abstractmethod
    def _exceed_silence(self) -> list[Output]:
        """What is done when none has come for ``vad_head``."""

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
