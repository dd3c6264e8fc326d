"""``menu``: a prompt, and a choice by voice or key; what it shares with ``route``. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from ivr_agi.flow.file.head import Key, Words, words_in
from ivr_agi.flow.file.listed import ChoicesFrom
from ivr_agi.flow.file.spec import PromptSpec, Spec, StepName
from ivr_agi.flow.file.step import InputSpec
from ivr_agi.flow.run.asking import Taken, ask, nothing_to_choose
from ivr_agi.flow.run.listing import list_options
from ivr_agi.flow.run.options import Option, make_bands
from ivr_agi.flow.run.phrases import text_in
from ivr_agi.flow.run.readers import OptionReader
from ivr_agi.language.matching import Bands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("Choice", "ChoosingStep", "MenuStep", "make_options", "take_choice")


class Choice(Spec, frozen=True, kw_only=True):
    """One choice of a menu."""

    go: StepName
    """The step it leads to."""
    words: Words = []
    """Words and phrases for it; the first is its value in ``IVR_RESULT``."""
    key: Key | None = None
    """The key (or keys) for it."""
    value: str = ""
    """Value in ``IVR_RESULT`` and ``choice``; default: the first word, else the key."""
    label: PromptSpec | None = None
    """Name in generated prompts; default: the first word."""

    @property
    def can_be_taken(self) -> bool:
        """Something means it."""
        return bool(self.words) or self.key is not None

    def words_in(self, language: str) -> list[str]:
        """Return the words of a language."""
        return words_in(self.words, language)

    def all_words(self) -> list[str]:
        """Return the words of every language."""
        if isinstance(self.words, dict):
            return [word for words in self.words.values() for word in words]
        return self.words

    def value_told(self) -> str:
        """Return its value for the dialplan."""
        return self.value or next(iter(self.all_words()), "") or self.key or ""


class ChoosingStep(InputSpec, frozen=True, kw_only=True):
    """A question whose answer is a choice that leads to a step."""

    nothing_means_it: ClassVar[str] = "a choice needs words or a key"
    """Said of a choice that nobody could take."""

    def listed(self) -> Sequence[Choice]:
        """Return the choices that the file names."""
        raise NotImplementedError

    def keys_texts(self, language: str) -> list[str]:
        """Return each choice with its key."""
        reader = OptionReader(make_options(self.listed(), language), Bands(), language)
        return [reader.keys_prompt()] if reader.listens else []

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Require words or a key for each choice, and no duplicates."""
        seen: dict[str, int] = {}
        for number, choice in enumerate(self.listed()):
            if not choice.can_be_taken:
                yield self.nothing_means_it, ("choices", number)
            said = [*(word.casefold() for word in choice.all_words()), *filter(None, [choice.key])]
            for item in said:
                if seen.setdefault(item, number) != number:
                    yield f"{item!r} is in choice {seen[item] + 1} too", ("choices", number)

    def expected_words(self) -> list[str]:
        """Return the words of all choices."""
        return [word for choice in self.listed() for word in choice.all_words()]

    def labels(self) -> dict[str, str]:
        """Label each choice with its value and key."""
        return {
            f"choices.{n}.go": " / ".join(
                dict.fromkeys(filter(None, [choice.value_told(), choice.key]))
            )
            for n, choice in enumerate(self.listed())
        }


class MenuStep(ChoosingStep, frozen=True, kw_only=True, tag_field="do", tag="menu"):
    """Say a prompt and take a choice by voice or key."""

    choices: Annotated[list[Choice], Meta(min_length=1)] | ChoicesFrom
    """The choices, or where they come from."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Ask, and go to the step of the choice."""
        choices = list(self.listed())
        if isinstance(self.choices, ChoicesFrom):
            choices = [
                Choice(go=self.choices.go, words=one.words, key=one.key, value=one.value)
                for one in list_options(self.choices, call.values)
            ]
            if not choices:
                return nothing_to_choose(call, self)
        reader = OptionReader(
            make_options(choices, call.language), make_bands(self, call.flow), call.language
        )
        taken = await ask(call, self, reader)
        if not isinstance(taken, Taken):
            return taken
        return take_choice(call, self, taken.value)

    def listed(self) -> Sequence[Choice]:
        """Return the choices that the file names."""
        return self.choices if isinstance(self.choices, list) else []


def take_choice(call: FlowCall, step: InputSpec, choice: Choice) -> StepName:
    """Tell everybody which choice was taken; return the step it leads to."""
    value = choice.value_told()
    if not step.secure:
        call.values.result = value
        call.values.set("choice", value)
    call.note("choice", choice=None if step.secure else value)
    return choice.go


def make_options(choices: Sequence[Choice], language: str) -> list[Option]:
    """Return choices as possible answers, in a language."""
    return [
        Option(choice.words_in(language), choice.key, choice, _label(choice, language))
        for choice in choices
    ]


def _label(choice: Choice, language: str) -> str:
    if choice.label is None:
        return next(iter(choice.words_in(language)), "")
    return text_in(choice.label, language)
