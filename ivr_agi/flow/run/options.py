"""Possible answers, and the interpretation of words and keys. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ivr_agi.flow.file.head import words_in
from ivr_agi.flow.run.phrases import command_words
from ivr_agi.language.choosing import choose
from ivr_agi.language.matching import Bands, Decision, match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.flow.file.head import FlowHead
    from ivr_agi.flow.file.spec import PromptSpec, StepName
    from ivr_agi.flow.file.step import InputSpec

__all__ = (
    "NOTHING",
    "CommandValue",
    "Option",
    "Reading",
    "make_bands",
    "make_command_options",
    "read_options",
    "timeout_of",
    "told_reading",
)


@dataclass(frozen=True)
class Option:
    """A possible answer: its words, its key and its value."""

    words: Sequence[str]
    key: str | None = None
    value: Any = None
    label: str = ""


@dataclass(frozen=True)
class Reading:
    """How words or keys were interpreted."""

    decision: Decision
    value: Any = None
    label: str = ""
    """The answer to confirm, with CONFIRM."""
    rival: str = ""
    """The second-best answer, with CONFIRM."""
    question: str = ""
    """What is asked with CONFIRM; default: "did you say ...?"."""
    prompt: str = ""
    """Why it does not match, said in place of the step's prompt; may be empty."""
    is_doubtful: bool = False
    """It is accepted because it will be read back."""
    go_on: bool = False
    """It is part of an answer: listen for the rest."""
    ask_again: bool = False
    """The question itself is to be asked again."""
    scores: tuple[tuple[str, float], ...] = ()
    """The most similar phrases, best first, for display."""
    pieces: tuple[tuple[str, str], ...] = ()
    """Words, and what they were taken for, for display."""


NOTHING = Reading(Decision.NO_MATCH)


def told_reading(reading: Reading) -> str:
    """Return which words made what, in one line, for display."""
    return "; ".join(f"{words} = {told}" for words, told in reading.pieces)


def read_options(
    text: str, options: Sequence[Option], bands: Bands, *, is_list: bool = False
) -> Reading:
    """Return the option that words mean.

    Args:
        text: What was said.
        options: The options.
        bands: When words are accepted.
        is_list: The caller has heard them as a list: "the second one", "anything but the first".
    """
    find = choose if is_list else match
    found = find(text, options, bands=bands)
    best, second = found.best, found.second
    scores = tuple((hit.phrase, hit.score) for hit in (best, second) if hit is not None)
    if best is None or found.decision is Decision.NO_MATCH:
        return Reading(Decision.NO_MATCH, scores=scores)
    rival = second.choice.label or second.phrase if second is not None and found.is_close else ""
    label = best.choice.label or best.phrase
    return Reading(found.decision, best.choice.value, label, rival, scores=scores)


def timeout_of(step: InputSpec, flow: FlowHead, plan: TurnPlan, misses: int) -> float:
    """Return the silence that is a no-input, seconds: the step's, its flow's, the settings'.

    Args:
        step: The question.
        flow: Its flow.
        plan: The plan of the settings.
        misses: No-inputs and no-matches at it so far.
    """
    times = step.timeout_s or flow.defaults.timeout_s or plan.timeout_s
    return times[min(misses, len(times) - 1)] if isinstance(times, list) else times


def make_bands(step: InputSpec, flow: FlowHead) -> Bands:
    """Return the bands of a step, else of its flow, else the defaults."""
    spec = step.bands or flow.defaults.bands
    if spec is None:
        return Bands()
    return Bands(accept=spec.accept, confirm=spec.confirm, margin=spec.margin)


@dataclass(frozen=True)
class CommandValue:
    """A global command as an option's value."""

    name: str
    go: StepName | None
    prompt: PromptSpec | None
    language: str | None

    @property
    def is_back(self) -> bool:
        """It goes to the question before."""
        return self.name == "back" and self.go is None and self.language is None


def make_command_options(flow: FlowHead, language: str) -> list[Option]:
    """Return the global commands of a flow in a language."""
    return [
        Option(
            command_words(name, language)
            if command.words is None
            else words_in(command.words, language),
            command.key,
            CommandValue(name, command.go, command.prompt, command.language),
        )
        for name, command in flow.commands.items()
    ]
