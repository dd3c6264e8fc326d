"""What a prompt is made of: texts to synthesise and recordings. Core, no I/O.

Numbers, amounts, digits, dates and times become words first (:mod:`ivr_agi.language.saying`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

__all__ = ("LiveText", "Parts", "Prompt", "Recording", "Text", "as_written", "parts_of", "words_of")


@dataclass(frozen=True)
class Text:
    """A prompt, or a part of one, that is synthesised."""

    text: str
    voice: str = ""
    """A language of the settings (``zh``), or a voice of the service; empty: the call's voice."""
    fallback: str = ""
    """Asterisk's name of the recording that is played if the text cannot be synthesised."""
    is_private: bool = False
    """It says something about the caller: not cached, not journalled, removed with the call."""


async def _no_pieces() -> AsyncIterator[str]:
    return
    yield


@dataclass(frozen=True)
class LiveText(Text):
    """A text that is still being written, spoken as it comes; it is in no cache."""

    is_private: bool = True
    pieces: AsyncIterable[str] = field(default_factory=_no_pieces, compare=False)
    """The text. It ends the prompt, and has its own limits of time."""


@dataclass(frozen=True)
class Recording:
    """A recorded prompt, by Asterisk's name of it (no extension)."""

    name: str
    text: str = ""
    """Its words, if they are known: the caller's line may echo them."""


@dataclass(frozen=True)
class Parts:
    """Several texts and recordings, played one after the other without a gap."""

    parts: tuple[Text | Recording, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a prompt has one part or more")


Prompt = Text | Recording | Parts


def parts_of(prompt: Prompt) -> tuple[Text | Recording, ...]:
    """Return the parts of a prompt, which may be a single one."""
    return prompt.parts if isinstance(prompt, Parts) else (prompt,)


def words_of(prompt: Prompt) -> str:
    """Return the words of a prompt, as far as they are known."""
    return " ".join(part.text for part in parts_of(prompt) if part.text)


def as_written(prompt: Prompt) -> str:
    """Return the words of a prompt, with a recording of unknown words as its name in brackets."""
    return " ".join(
        part.text or ("" if isinstance(part, Text) else f"[{part.name}]")
        for part in parts_of(prompt)
    )
