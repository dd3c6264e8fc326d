"""Converts a flow's prompts to the dialogue's. Core, no I/O."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import structs

from ivr_agi.dialogue.prompt.parts import Parts, Prompt, Recording, Text
from ivr_agi.errors import FlowError
from ivr_agi.flow.file.spec import PromptSpec
from ivr_agi.language.saying import render
from ivr_agi.language.text import language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ivr_agi.flow.file.spec import Part

__all__ = ("SILENT_PROMPT", "plain", "say_value", "to_prompt", "together", "with_voice")

_VOICE = re.compile(r"[A-Za-z0-9_-]{0,100}")
SILENT_PROMPT = Recording("silence/1")
"""Played if there is nothing to say; part of Asterisk's sounds."""


def to_prompt(
    parts: tuple[Part, ...], language: str, fill: Callable[[str], str], *, is_private: bool = False
) -> Prompt:
    """Return the pieces of a prompt as one prompt of the dialogue, without gaps.

    Args:
        parts: The pieces.
        language: The call's.
        fill: Fills templates in.
        is_private: They contain something that must not be stored.

    Raises:
        FlowError: A value is not valid for its kind.
    """
    said: list[Text | Recording] = []
    for written in parts:
        part = with_voice(written, fill)
        text = say_value(part, language, fill(part.text))
        if part.recording:
            said.append(Recording(fill(part.recording), text=text))
        elif text.strip():
            said.append(Text(text.strip(), part.voice, fill(part.fallback), is_private))
    return together(said)


def with_voice(part: Part, fill: Callable[[str], str]) -> Part:
    """Return a piece with the voice or language that a variable names.

    Raises:
        FlowError: It cannot be one.
    """
    if not part.voice:
        return part
    voice = fill(part.voice).strip()
    if not _VOICE.fullmatch(voice):
        raise FlowError("the variable of a prompt's voice is no voice and no language")
    return structs.replace(part, voice=voice)


def together(said: Sequence[Text | Recording]) -> Prompt:
    """Return pieces as one prompt; without any words, as silence."""
    parts = tuple(part for part in said if isinstance(part, Recording) or part.text.strip())
    return Parts(parts) if len(parts) > 1 else next(iter(parts), SILENT_PROMPT)


def plain(text: str) -> PromptSpec:
    """Return a prompt of a text with values in it: nothing of it is a template any more."""
    return PromptSpec(text.replace("{", " ").replace("}", " ").strip() or ".")


def say_value(part: Part, language: str, text: str) -> str:
    """Return the words of a piece: a value is spelled out.

    Languages without support for values leave the text as it is.

    Raises:
        FlowError: The value is not valid.
    """
    if not part.kind or not text.strip():
        return text
    try:
        spoken = language_of(part.voice or language)
    except ValueError:
        return text
    try:
        return render(part.kind, text.strip(), spoken, currency=part.currency)
    except ValueError as exc:
        raise FlowError(f"prompt with {part.kind}: {exc}") from None
