"""What a script may say, as a prompt of the flow engine. Core, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ivr_agi.dialogue.prompt.parts import Recording
from ivr_agi.flow.file.spec import PromptSpec

__all__ = ("Said", "prompt_of")

Said = str | Recording | Sequence["str | Recording"] | Mapping[str, Any]
"""What can be said: a text, a :class:`Recording`, several of them in a row, or one for each
language (``{"en": ..., "zh": ...}``). Texts are said as they are: braces are no templates."""


def prompt_of(said: Said) -> PromptSpec:
    """Return a prompt; nothing in it is a template.

    Raises:
        ValueError: There is nothing to say.
    """
    return PromptSpec(_plain(said))


def _plain(said: Any) -> Any:
    if isinstance(said, str):
        if not said.strip():
            raise ValueError("expected something to say, got an empty text")
        return said.replace("{", " ").replace("}", " ").strip() or "."
    if isinstance(said, Recording):
        return {"recording": said.name, **({"text": said.text} if said.text else {})}
    if isinstance(said, Mapping):
        return {language: _plain(each) for language, each in said.items()}
    return [_plain(each) for each in said]
