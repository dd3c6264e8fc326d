"""``menu``: a prompt, and a choice by voice or key. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from ivr_agi.flow.file.head import Key, Words, words_in
from ivr_agi.flow.file.spec import PromptSpec, Spec, StepName
from ivr_agi.flow.file.step import InputSpec
from ivr_agi.flow.run.asking import Taken, ask
from ivr_agi.flow.run.options import NOTHING, Option, Reading, make_bands, read_options
from ivr_agi.flow.run.phrases import join_texts, phrases, text_in
from ivr_agi.language.matching import Bands, Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("Choice", "MenuStep", "OptionReader", "give_keys")


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


class MenuStep(InputSpec, frozen=True, kw_only=True, tag_field="do", tag="menu"):
    """Say a prompt and take a choice by voice or key."""

    choices: Annotated[list[Choice], Meta(min_length=1)]
    """The choices."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Ask, and go to the step of the choice."""
        reader = OptionReader(
            self._options(call.language), make_bands(self, call.flow), call.language
        )
        taken = await ask(call, self, reader)
        if not isinstance(taken, Taken):
            return taken
        choice: Choice = taken.value
        value = choice.value_told()
        if not self.secure:
            call.values.result = value
            call.values.set("choice", value)
        call.note("choice", choice=None if self.secure else value)
        return choice.go

    def _options(self, language: str) -> list[Option]:
        return [
            Option(choice.words_in(language), choice.key, choice, _label(choice, language))
            for choice in self.choices
        ]

    def keys_texts(self, language: str) -> list[str]:
        """Return each choice with its key."""
        reader = OptionReader(self._options(language), Bands(), language)
        return [reader.keys_prompt()] if reader.listens else []

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Require words or a key for each choice, and no duplicates."""
        seen: dict[str, int] = {}
        for number, choice in enumerate(self.choices):
            if not choice.words and choice.key is None:
                yield "a choice needs words or a key", ("choices", number)
            said = [*(word.casefold() for word in choice.all_words()), *filter(None, [choice.key])]
            for item in said:
                if seen.setdefault(item, number) != number:
                    yield f"{item!r} is in choice {seen[item] + 1} too", ("choices", number)

    def expected_words(self) -> list[str]:
        """Return the words of all choices."""
        return [word for choice in self.choices for word in choice.all_words()]

    def labels(self) -> dict[str, str]:
        """Label each choice with its value and key."""
        return {
            f"choices.{n}.go": " / ".join(
                dict.fromkeys(filter(None, [choice.value_told(), choice.key]))
            )
            for n, choice in enumerate(self.choices)
        }


class OptionReader:
    """Reads one of several options from words or a key.

    Args:
        options: The options.
        bands: When words are accepted.
        language: Language of a prompt made for keys.
        question: Said before the keys; may be empty.
    """

    def __init__(
        self, options: Sequence[Option], bands: Bands, language: str, question: str = ""
    ) -> None:
        self.options = options
        self.listens = any(option.words for option in options)
        self.keyed = True
        self._bands = bands
        self._language = language
        self._question = question
        self._keys = give_keys(options)

    def read_words(self, text: str) -> Reading:
        """Match the words."""
        return read_options(text, self.options, self._bands)

    def is_answer(self, text: str) -> bool:
        """Tell whether they mean an option for certain."""
        return self.read_words(text).decision is Decision.ACCEPT

    def read_keys(self, keys: str) -> Reading:
        """Look up the key, including generated ones."""
        option = self._keys.get(keys)
        return NOTHING if option is None else Reading(Decision.ACCEPT, option.value)

    def wants_more(self, keys: str) -> bool:
        """Return whether a longer key begins with these."""
        return any(len(key) > len(keys) and key.startswith(keys) for key in self._keys)

    def question(self) -> str:
        """Return the question; of a menu, the options with their keys are enough."""
        return self._question

    def keys_prompt(self) -> str:
        """Return each option with its key."""
        texts = phrases(self._language)
        lines = [
            texts.press.format(
                label=option.label or next(iter(option.words), key),
                key=texts.key_names.get(key, key),
            )
            for key, option in self._keys.items()
        ]
        return join_texts(lines, self._language)


def give_keys(options: Sequence[Option]) -> dict[str, Option]:
    """Return options by key; one without a key gets the first free digit."""
    taken = {option.key: option for option in options if option.key}
    starts = {key[0] for key in taken}
    free = (key for key in "123456789" if key not in starts)
    found = {}
    for option in options:
        key = option.key or next(free, None)
        if key is not None:
            found[key] = option
    return found


def _label(choice: Choice, language: str) -> str:
    if choice.label is None:
        return next(iter(choice.words_in(language)), "")
    return text_in(choice.label, language)
