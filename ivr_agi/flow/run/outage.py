"""What a call does while speech is down: it asks by keys, and tries speech again. Core, no I/O."""

from __future__ import annotations

from ivr_agi.flow.run.phrases import join_texts, phrases

__all__ = ("SPEECH_RETRY_TURNS", "SpeechOutage")

SPEECH_RETRY_TURNS = 3
"""Questions asked by keys before speech is tried again."""


class SpeechOutage:
    """Whether questions are asked by keys alone, and why."""

    def __init__(self) -> None:
        self.reason = ""
        """Why the last question could not be asked by voice."""
        self._turns_left = 0
        self._is_explained = False

    @property
    def is_on(self) -> bool:
        """Ask by keys."""
        return self._turns_left > 0

    def begin(self, reason: str, *, recover: bool) -> None:
        """Note that a question could not be asked by voice.

        Args:
            reason: Why.
            recover: Keys can take over for some questions.
        """
        self.reason = reason
        self._turns_left = SPEECH_RETRY_TURNS if recover else 0

    def explain(self, prompt: str, language: str) -> str:
        """Return a prompt made for keys; at the first one of a call, with the reason for them."""
        self._turns_left -= 1
        if self._is_explained:
            return prompt
        self._is_explained = True
        return join_texts([phrases(language).speech_is_down, prompt], language)
