"""The prompts of a flow, as the dialogue takes them. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.dialogue.prompt.parts import Parts, Prompt, Recording, Text
from ivr_agi.errors import FlowError
from ivr_agi.language.saying import render
from ivr_agi.language.text import language_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.flow.file.spec import Part

__all__ = ("SILENT_PROMPT", "say_value", "to_prompt")

SILENT_PROMPT = Recording("silence/1")
"""What is played where there is nothing to say; it comes with Asterisk."""


def to_prompt(
    parts: tuple[Part, ...], language: str, fill: Callable[[str], str], *, is_private: bool = False
) -> Prompt:
    """Return pieces of a flow file as what the dialogue says, without a gap between them.

    Args:
        parts: The pieces.
        language: The call's.
        fill: Fills templates in.
        is_private: They tell something of the caller that nobody may keep.

    Raises:
        FlowError: A value is not of its kind.
    """
    said: list[Text | Recording] = []
    for part in parts:
        text = say_value(part, language, fill(part.text))
        if part.recording:
            said.append(Recording(fill(part.recording), text=text))
        elif text.strip():
            fallback = fill(part.fallback)
            said.append(Text(text.strip(), part.voice, fallback, is_private))
    return Parts(tuple(said)) if len(said) > 1 else next(iter(said), SILENT_PROMPT)


def say_value(part: Part, language: str, text: str) -> str:
    """Return a filled-in text as it is said: a value in words.

    In a language that has no words for values here, the voice is left to read it.

    Raises:
        FlowError: It is no such value.
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
