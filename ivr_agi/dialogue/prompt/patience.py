"""How long a prompt may let the caller wait for its first sound. Core, no I/O.

Nothing may keep a caller in silence for longer than :data:`LONGEST_SILENCE_S`: not one prompt, and
not several that fail one after another, or after recognition has failed. So each prompt gets what
is left. While a service has failed this caller, he does not wait for it again.
"""

from __future__ import annotations

from ivr_agi.sis.session.synthesis import FIRST_AUDIO_S

__all__ = ("AFTER_FAILURE_S", "LONGEST_SILENCE_S", "MARGIN_S", "REMEMBERED_S", "Patience")

LONGEST_SILENCE_S = 5.0
"""Longest silence that is not the caller's own turn to speak, seconds."""
AFTER_FAILURE_S = 0.6
"""Limit of a prompt's first sound once a prompt has failed in this call; else FIRST_AUDIO_S."""
REMEMBERED_S = 30.0
"""Seconds for which that is so."""
_SAME_SILENCE_S = 2.0
"""A prompt that begins so soon after a failure begins in the same silence."""
MARGIN_S = 0.1
"""Time for whoever synthesises to say itself that a limit has passed, seconds."""
_LEAST_S = 0.1


class Patience:
    """The patience of one caller."""

    def __init__(self) -> None:
        self._silent_since = 0.0
        self._failed_at: float | None = None
        self._prompt_failed = False

    def limit_s(self, now: float) -> float:
        """Return how long a prompt that begins now may take to its first sound."""
        if self._failed_at is None or now - self._failed_at > REMEMBERED_S:
            return FIRST_AUDIO_S
        limit_s = AFTER_FAILURE_S if self._prompt_failed else FIRST_AUDIO_S
        if now - self._failed_at > _SAME_SILENCE_S:
            return limit_s
        return max(_LEAST_S, min(limit_s, self._silent_since + LONGEST_SILENCE_S - now))

    def worked(self) -> None:
        """Note that a prompt could be synthesised."""
        self._failed_at = None

    def prompt_failed(self, now: float, silent_since: float) -> None:
        """Note that a prompt failed for which the caller has waited since then."""
        self._note(now, silent_since)
        self._prompt_failed = True

    def speech_failed(self, now: float, silent_since: float) -> None:
        """Note that recognition failed, with the caller waiting since then."""
        self._prompt_failed = self._failed_at is not None and self._prompt_failed
        self._note(now, silent_since)

    def _note(self, now: float, silent_since: float) -> None:
        if self._failed_at is None or now - self._failed_at > _SAME_SILENCE_S + LONGEST_SILENCE_S:
            self._silent_since = silent_since
        else:
            self._silent_since = min(self._silent_since, silent_since)
        self._failed_at = now
