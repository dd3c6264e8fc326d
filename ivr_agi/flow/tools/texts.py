"""The texts that flows synthesise, and their cost (sis-protocol.md 13). Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.dialogue.prompt.parts import Text
from ivr_agi.flow.file.spec import PromptSpec, walk
from ivr_agi.flow.run.phrases import phrases
from ivr_agi.flow.run.prompts import say_value
from ivr_agi.flow.steps.http import HttpStep
from ivr_agi.flow.steps.python import PythonStep
from ivr_agi.sis.wire.billing import TYPICAL_VOICES, estimated_units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.file.model import Flow, Program
    from ivr_agi.flow.file.spec import Part

__all__ = ("Cost", "estimate_cost", "texts_of")


def texts_of(program: Program, language: str = "en") -> list[Text]:
    """Return every text that the flows synthesise, without duplicates, in file order.

    Texts with variables are left out: they differ from call to call.

    Args:
        program: The flows.
        language: The installation's, for flows that name none; its voice has no name in the texts.
    """
    found: dict[Text, None] = {}
    for tag in program.flows[program.main].languages or [""]:
        for flow in program.flows.values():
            for part in _parts(flow, tag or language):
                if not part.recording and not part.is_open:
                    text = say_value(part, tag or language, part.text).strip()
                    found[Text(text, part.voice or tag, part.fallback)] = None
        ours = [
            text for flow in program.flows.values() for text in _keys_texts(flow, tag or language)
        ]
        if ours:
            ours.insert(0, phrases(tag or language).speech_is_down)
        if any(_has_our_filler(flow) for flow in program.flows.values()):
            ours.append(phrases(tag or language).one_moment)
        found.update(dict.fromkeys(Text(text, tag) for text in ours))
    return list(found)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of all texts of a flow."""

    texts: int
    """Distinct texts; each is synthesised once and cached."""
    characters: int
    """Their total number of characters."""
    calls: dict[str, int]
    """Billed call units, by kind of voice."""
    changing: int
    """Texts with variables, synthesised for each value; not counted above."""


def estimate_cost(flow: Flow) -> Cost:
    """Return what it costs to synthesise every prompt once."""
    found = {
        (language, part.text)
        for _, spec in _prompts(flow)
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


def _keys_texts(flow: Flow, language: str) -> Iterator[str]:
    """Yield what the questions of a flow say themselves while speech is down."""
    for _, step in flow.inputs():
        if step.keys_prompt is None:
            yield from (text for text in step.keys_texts(language) if not _has_template(text))


def _has_our_filler(flow: Flow) -> bool:
    """Return whether a step says a filler of ours while it waits."""
    return any(
        isinstance(step, HttpStep | PythonStep) and step.filler is None
        for step in flow.steps.values()
    )


def _parts(flow: Flow, language: str) -> Iterator[Part]:
    """Yield what may be said while the call is in a language."""
    for path, spec in _prompts(flow):
        if path[-1] != "label":  # a choice's label is never said alone
            yield from (part for _, part in spec.all_parts(language))


def _prompts(flow: Flow) -> Iterator[tuple[tuple[str | int, ...], PromptSpec]]:
    """Yield every prompt with its path of keys."""
    for holder in (flow.defaults, *flow.commands.values(), *flow.steps.values()):
        for path, value in walk(holder):
            if isinstance(value, PromptSpec):
                yield path, value


def _has_template(text: str) -> bool:
    return any(mark in text for mark in ("{{", "{%"))
