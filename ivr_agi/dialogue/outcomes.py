"""What a turn ends in: exactly one of six outcomes (``docs/design.md``, words)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ("Heard", "HungUp", "NoInput", "Outcome", "Pressed", "SpeechDown", "TooMuchSpeech")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The caller spoke, and the service sent a final result."""

    text: str
    """The words; empty where the service heard a voice but no words."""
    score: float | None = None
    """The service's confidence, 0 to 1; ``None`` where it gave none."""
    trace_id: str | None = None
    """The service's id of the session."""


@dataclass(frozen=True, kw_only=True)
class Pressed:
    """The caller pressed a key."""

    keys: str
    """``0`` to ``9``, ``*`` or ``#``."""


@dataclass(frozen=True, kw_only=True)
class NoInput:
    """Silence until the no-input time after the prompt's end."""


@dataclass(frozen=True, kw_only=True)
class TooMuchSpeech:
    """The caller talked longer than the service or the turn takes."""


@dataclass(frozen=True, kw_only=True)
class HungUp:
    """The caller left."""


@dataclass(frozen=True, kw_only=True)
class SpeechDown:
    """The speech service failed; the caller may still be served by keys."""

    reason: str
    """One line, for the operator."""


Outcome = Heard | Pressed | NoInput | TooMuchSpeech | HungUp | SpeechDown
