"""What a flow's prompts cost to synthesise once (sis-protocol.md 13). Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.flow.file.spec import PromptSpec, walk
from ivr_agi.sis.wire.billing import TYPICAL_VOICES, estimated_units

if TYPE_CHECKING:
    from ivr_agi.flow.file.model import Flow

__all__ = ("Cost", "estimate_cost")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of all texts of a flow."""

    texts: int
    """Different texts; each is synthesised once and kept."""
    characters: int
    """Of them all: one for each letter, mark or Chinese character."""
    calls: dict[str, int]
    """Call units that are billed, by the kind of voice."""
    changing: int
    """Texts with variables: synthesised anew for each value, not counted above."""


def estimate_cost(flow: Flow) -> Cost:
    """Count what is synthesised before every prompt is in the cache."""
    found = {
        (language, part.text)
        for spec in _prompts(flow)
        for language, part in spec.all_parts()
        if not part.recording
    }
    fixed = {(language, text) for language, text in found if "{{" not in text and "{%" not in text}
    return Cost(
        texts=len(fixed),
        characters=sum(len(text) for _, text in fixed),
        calls={
            kind: sum(estimated_units(text, voice) for _, text in fixed)
            for kind, voice in TYPICAL_VOICES.items()
        },
        changing=len(found) - len(fixed),
    )


def _prompts(flow: Flow) -> list[PromptSpec]:
    parts = (flow.defaults, *flow.commands.values(), *flow.steps.values())
    return [value for part in parts for _, value in walk(part) if isinstance(value, PromptSpec)]
