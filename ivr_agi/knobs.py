"""The knobs of a turn, which settings file, flows and scripts set. Core, no I/O."""

from __future__ import annotations

import enum

__all__ = ("BargeIn", "OverPrompt", "TypeAhead")


class BargeIn(enum.StrEnum):
    """What ends a prompt early (VoiceXML ``bargein``, ``bargeintype``)."""

    BOTH = "both"
    """A voice or a key."""
    SPEECH = "speech"
    """A voice."""
    HOTWORD = "hotword"
    """Words that mean a choice, or a key; any other voice does not stop the prompt."""
    KEYS = "keys"
    """A key."""
    NONE = "none"
    """Nothing."""

    @property
    def by_voice(self) -> bool:
        """The first sound of a voice stops the prompt."""
        return self in {BargeIn.BOTH, BargeIn.SPEECH}

    @property
    def by_speech(self) -> bool:
        """Words stop the prompt."""
        return self.by_voice or self is BargeIn.HOTWORD

    @property
    def by_keys(self) -> bool:
        """A key stops the prompt."""
        return self in {BargeIn.BOTH, BargeIn.KEYS, BargeIn.HOTWORD}


class OverPrompt(enum.StrEnum):
    """What becomes of words and keys over a prompt that may not be interrupted."""

    DROP = "drop"
    """They are not listened to: a caller who cannot interrupt does not mean to answer yet."""
    KEEP = "keep"
    """They are the answer once the prompt is over."""


class TypeAhead(enum.StrEnum):
    """What becomes of keys that were pressed before the turn."""

    KEEP = "keep"
    """They are its first keys: callers who know the menu dial through it."""
    CLEAR = "clear"
    """They are forgotten; for questions that must be heard, and after a no-match."""
