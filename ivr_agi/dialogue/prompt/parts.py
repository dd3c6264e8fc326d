"""What a prompt is made of: texts to synthesise and recordings. Core, no I/O.

Numbers, amounts, digits, dates and times become words first (:mod:`ivr_agi.language.saying`).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ("Parts", "Prompt", "Recording", "Text", "as_written", "parts_of", "words_of")


@dataclass(frozen=True)
class Text:
    """A prompt, or a part of one, that is synthesised."""

    text: str
    voice: str = ""
    """A language of the setting ``synthesis.voices`` (``zh``), or a voice of the service; empty:
    the voice of the call."""
    fallback: str = ""
    """Recording that is played where the text cannot be synthesised, by its name for Asterisk."""
    is_private: bool = False
    """It tells something of the caller: not cached, not journalled, removed with the call."""


@dataclass(frozen=True)
class Recording:
    """A recorded prompt, by the name that Asterisk knows it by (no extension)."""

    name: str
    text: str = ""
    """What it says, where that is known: the caller's line may echo it."""


@dataclass(frozen=True)
class Parts:
    """Several of them, played one after the other without a gap."""

    parts: tuple[Text | Recording, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a prompt has one part or more")


Prompt = Text | Recording | Parts


def parts_of(prompt: Prompt) -> tuple[Text | Recording, ...]:
    """Return the parts of a prompt, also where it is a single one."""
    return prompt.parts if isinstance(prompt, Parts) else (prompt,)


def words_of(prompt: Prompt) -> str:
    """Return what a prompt says, as far as that is known."""
    return " ".join(part.text for part in parts_of(prompt) if part.text)


def as_written(prompt: Prompt) -> str:
    """Return what a prompt says; a recording whose words are not known is its name in brackets."""
    return " ".join(
        part.text or ("" if isinstance(part, Text) else f"[{part.name}]")
        for part in parts_of(prompt)
    )
