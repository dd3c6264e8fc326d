"""Every text that flows synthesise, to have it in the cache before the first call. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.dialogue.prompt.parts import Text
from ivr_agi.flow.file.spec import PromptSpec, walk
from ivr_agi.flow.run.prompts import say_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.file.model import Flow, Program
    from ivr_agi.flow.file.spec import Part

__all__ = ("texts_of",)


def texts_of(program: Program, language: str = "en") -> list[Text]:
    """Return every text that the flows synthesise, each once, in the order of the files.

    Texts with variables are not among them: they are different in each call.

    Args:
        program: The flows.
        language: The installation's, for flows that name none; its voice has no name in the texts.
    """
    found: dict[Text, None] = {}
    for tag in program.flows[program.main].languages or [""]:
        for flow in program.flows.values():
            for part in _parts(flow, tag or language):
                if not part.recording and not _is_template(part):
                    text = say_value(part, tag or language, part.text).strip()
                    found[Text(text, part.voice or tag, part.fallback)] = None
    return list(found)


def _parts(flow: Flow, language: str) -> Iterator[Part]:
    """Yield what may be said while the call is in a language."""
    for holder in (flow.defaults, *flow.commands.values(), *flow.steps.values()):
        for path, spec in walk(holder):
            # A choice's label is never said by itself.
            if isinstance(spec, PromptSpec) and path[-1] != "label":
                yield from (part for _, part in spec.all_parts(language))


def _is_template(part: Part) -> bool:
    return any(mark in part.text + part.fallback for mark in ("{{", "{%"))
