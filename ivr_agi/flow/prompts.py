"""The prompts of a flow: as the dialogue takes them, and all texts it may say. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ivr_agi.dialogue.parts import Parts, Prompt, Recording, Text, parts_of
from ivr_agi.flow.model import PartSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.model import Flow, PromptSpec

__all__ = ("texts_of", "to_prompt")


def to_prompt(spec: PromptSpec) -> Prompt:
    """Return what a flow file writes as what the dialogue says."""
    match spec:
        case str():
            return Text(spec)
        case PartSpec(recording="", text=text, voice=voice, fallback=fallback):
            return Text(text, voice=voice, fallback=fallback)
        case PartSpec(recording=name):
            return Recording(name)
        case _:
            parts = [part for item in spec for part in parts_of(to_prompt(item))]
            return Parts(tuple(parts)) if len(parts) > 1 else parts[0]


def texts_of(flow: Flow) -> list[Text]:
    """Return every text that a flow synthesises, each once, in the order of the file."""
    prompts = (to_prompt(spec) for step in flow.steps.values() for spec in _specs(step))
    return list(
        dict.fromkeys(
            part for prompt in prompts for part in parts_of(prompt) if isinstance(part, Text)
        )
    )


def _specs(value: Any) -> Iterator[PromptSpec]:
    """Yield the prompts of a step and of what is in it: they are called ``prompt(s)``."""
    for field in msgspec.structs.fields(value):
        item = getattr(value, field.name)
        if field.name == "prompt" and item is not None:
            yield item
        elif field.name == "prompts":
            yield from item
        elif isinstance(item, msgspec.Struct):
            yield from _specs(item)
