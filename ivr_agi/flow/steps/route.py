"""``route``: "in a few words, how can I help?", by words and examples. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from ivr_agi.flow.file.head import NonEmptyText, words_in
from ivr_agi.flow.file.spec import Name, Spec
from ivr_agi.flow.run.asking import Taken, ask
from ivr_agi.flow.run.options import make_bands
from ivr_agi.flow.run.routing import RouteReader, examples_of
from ivr_agi.flow.steps.menu import Choice, ChoosingStep, make_options, take_choice
from ivr_agi.language.matching import Bands
from ivr_agi.language.routing import MOST_EXAMPLES, router_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr_agi.flow.file.head import FlowHead
    from ivr_agi.flow.file.spec import StepName
    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("ExampleBands", "RouteChoice", "RouteStep")

_Score = Annotated[float, Meta(ge=0, le=1)]


class ExampleBands(Spec, frozen=True, kw_only=True):
    """Thresholds for how near a sentence is to the examples, 0 to 1."""

    accept: _Score = 0.35
    """From here on it is taken."""
    confirm: _Score = 0.24
    """From here on the caller is asked "is it about ...?"; below it is a no-match."""
    margin: _Score = 0.15
    """How much lower the second choice must be; if it is nearer, the caller is offered both."""


class RouteChoice(Choice, frozen=True, kw_only=True):
    """One choice, with what callers say when they mean it."""

    examples: list[NonEmptyText] | dict[str, list[NonEmptyText]] = []
    """Whole sentences, as callers say them: ten or more; a list, or by language."""

    @property
    def can_be_taken(self) -> bool:
        """Something means it."""
        return super().can_be_taken or bool(self.examples)

    def examples_in(self, language: str) -> list[str]:
        """Return the examples of a language."""
        return words_in(self.examples, language)

    def all_examples(self) -> list[str]:
        """Return the examples of every language."""
        if isinstance(self.examples, dict):
            return [text for texts in self.examples.values() for text in texts]
        return self.examples


class RouteStep(ChoosingStep, frozen=True, kw_only=True, tag_field="do", tag="route"):
    """Let callers say in their own words what they want, and go to the step for it."""

    nothing_means_it: ClassVar[str] = "a choice needs examples, words or a key"

    choices: Annotated[list[RouteChoice], Meta(min_length=2, max_length=200)]
    """What they may want."""
    save: Name | None = None
    """Variable for the sentence, for the ``heard`` of a form."""
    example_bands: ExampleBands = ExampleBands()
    """When a sentence is near enough to the examples."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Ask, and go to the step of the choice."""
        question = call.speaker.text_of(self.prompt)
        taken = await ask(call, self, self.reader(call.flow, call.language, question))
        if not isinstance(taken, Taken):
            return taken
        if self.save is not None:
            call.values.set(self.save, taken.value.text, secure=self.secure)
        return take_choice(call, self, taken.value.value)

    def listed(self) -> Sequence[RouteChoice]:
        """Return the choices."""
        return self.choices

    def reader(self, flow: FlowHead, language: str, question: str = "") -> RouteReader:
        """Return what reads the answers, in a language."""
        own = self.example_bands
        return RouteReader(
            make_options(self.choices, language),
            [choice.examples_in(language) for choice in self.choices],
            make_bands(self, flow),
            Bands(accept=own.accept, confirm=own.confirm, margin=own.margin),
            language,
            question,
        )

    def learnt_from(self, language: str) -> tuple[tuple[str, ...], ...]:
        """Return what each choice is learnt from, in a language."""
        examples = [choice.examples_in(language) for choice in self.choices]
        return examples_of(make_options(self.choices, language), examples)

    def prepare(self, languages: Sequence[str]) -> None:
        """Learn from the examples."""
        for language in languages:
            router_of(self.learnt_from(language))

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Require words, a key or examples for each choice, and not too many of them."""
        yield from super().find_faults()
        if self.example_bands.confirm > self.example_bands.accept:
            yield "confirm is above accept", ("example_bands", "confirm")
        if sum(len(choice.all_examples()) for choice in self.choices) > MOST_EXAMPLES:
            yield f"more than {MOST_EXAMPLES} examples", ("choices",)
