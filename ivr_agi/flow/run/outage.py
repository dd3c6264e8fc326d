"""Speech that is down: questions use keys, and speech is retried later. Core, no I/O."""

from __future__ import annotations

from ivr_agi.flow.run.phrases import phrases

__all__ = ("SPEECH_RETRY_TURNS", "SpeechOutage")

SPEECH_RETRY_TURNS = 3
"""Questions with keys only, before speech is retried."""


class SpeechOutage:
    """Whether questions use keys only, and why."""

    def __init__(self) -> None:
        self.reason = ""
        """Why speech failed last."""
        self._turns_left = 0
        self._is_explained = False

    @property
    def is_on(self) -> bool:
        """Use keys only."""
        return self._turns_left > 0

    def begin(self, reason: str, *, recover: bool) -> None:
        """Switch to keys after a failure of speech.

        Args:
            reason: Why.
            recover: Use keys for the next questions; else retry speech at once.
        """
        self.reason = reason
        self._turns_left = SPEECH_RETRY_TURNS if recover else 0

    def explain(self, language: str) -> str:
        """Count a question with keys, and return what explains it: only a call's first one does."""
        self._turns_left -= 1
        if self._is_explained:
            return ""
        self._is_explained = True
        return phrases(language).speech_is_down
