"""What a question of a script comes to: data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

__all__ = ("Answer", "Choice", "Message", "NoMatch")

_T = TypeVar("_T")


@dataclass(frozen=True)
class Answer(Generic[_T]):
    """The caller has answered. ``repr`` does not show the value: it may be private."""

    value: _T = field(repr=False)
    """The answer, of the slot's type."""


@dataclass(frozen=True)
class NoMatch:
    """The caller has said or pressed something, and no try was an answer."""


@dataclass(frozen=True)
class Choice:
    """One choice of a menu."""

    value: str
    """What the answer then is."""
    words: tuple[str, ...] = ()
    """Words and phrases that mean it, of every language; default: the value itself."""
    key: str | None = None
    """The key (or keys) for it; default: the first free digit, while speech is down."""


@dataclass(frozen=True)
class Message:
    """A message that the caller has left."""

    name: str
    """Its name as a recording: the path without ``.wav``."""

    @property
    def path(self) -> Path:
        """The file, a WAV of 8 kHz."""
        return Path(f"{self.name}.wav")
