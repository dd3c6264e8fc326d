"""Reads what callers say in their own words: by words, then by examples. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ivr_agi.flow.run.options import NOTHING, Option, Reading, read_options
from ivr_agi.flow.run.phrases import phrases
from ivr_agi.flow.run.readers import OptionReader
from ivr_agi.language.matching import Bands, Decision
from ivr_agi.language.routing import router_of
from ivr_agi.language.words import count_words

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("OwnWords", "RouteReader", "examples_of", "judge_scores")

_WORDS_ALONE = 0.97
"""Lowest score of words that decide alone: most of what was said. A word in a long sentence may be
there for another reason ("there is a charge on my statement that I don't know")."""
_SHOWN = 3
"""Choices whose scores are shown."""


@dataclass(frozen=True)
class OwnWords:
    """An answer in the caller's own words, or by key."""

    value: Any
    """The option's."""
    text: str = ""
    """The sentence; empty for a key."""


def examples_of(
    options: Sequence[Option], examples: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], ...]:
    """Return what each option is learnt from: its examples and its words."""
    return tuple(
        tuple(dict.fromkeys((*said, *option.words)))
        for option, said in zip(options, examples, strict=True)
    )


def judge_scores(scores: Sequence[float], bands: Bands) -> tuple[Decision, list[int]]:
    """Return what scores come to, and the one or two choices that are meant, best first."""
    ranked = sorted(range(len(scores)), key=lambda number: -scores[number])
    best = scores[ranked[0]]
    near = [
        number
        for place, number in enumerate(ranked[:2])
        if place == 0 or (best - scores[number] < bands.margin and scores[number] >= best / 2)
    ]
    if best < bands.confirm:
        return Decision.NO_MATCH, []
    if best >= bands.accept and len(near) == 1:
        return Decision.ACCEPT, near
    return Decision.CONFIRM, near


class RouteReader(OptionReader):
    """Reads an option from a sentence, compared with examples, or from words or a key.

    Args:
        options: The options.
        examples: Of each option, what callers say.
        bands: When words are accepted.
        example_bands: When what is near the examples is accepted, asked about, or no match.
        language: Language of the questions.
        question: OwnWords before the keys.
    """

    is_open = True

    def __init__(
        self,
        options: Sequence[Option],
        examples: Sequence[Sequence[str]],
        bands: Bands,
        example_bands: Bands,
        language: str,
        question: str = "",
    ) -> None:
        super().__init__(options, bands, language, question)
        self.listens = True
        self._router = router_of(examples_of(options, examples))
        self._example_bands = example_bands
        self._offered: list[Option] = []
        """The two that the caller was last asked about."""
        self._sentence = ""
        """What made us ask."""

    def read_words(self, text: str) -> Reading:
        """Read an answer to "is it about ...?"; else compare words, then examples."""
        if self._offered and (taken := self._read_offered(text)):
            return taken
        self.forget()
        if taken := self._read_short(text):
            return taken
        return self._read_sentence(text)

    def is_answer(self, text: str) -> bool:
        """Tell whether they are words of an option and little else: a sentence may go on."""
        return self._read_short(text) is not None

    def read_keys(self, keys: str) -> Reading:
        """Look up the key; 1 and 2 are the two that were offered."""
        offered, sentence = self._offered, self._sentence
        self.forget()
        if offered and keys in {"1", "2"}:
            return Reading(Decision.ACCEPT, OwnWords(offered[int(keys) - 1].value, sentence))
        reading = super().read_keys(keys)
        return replace(reading, value=OwnWords(reading.value)) if reading != NOTHING else NOTHING

    def meant(self, reading: Reading) -> list[Any]:
        """Return the values of the options that a reading takes, or asks about."""
        if reading.decision is Decision.NO_MATCH:
            return []
        return [one.value for one in self._offered] or [reading.value.value]

    def forget(self) -> None:
        """Forget what was offered."""
        self._offered, self._sentence = [], ""

    def _read_offered(self, text: str) -> Reading | None:
        named = [
            Option([*one.words, *filter(None, [one.label])], None, one.value)
            for one in self._offered
        ]
        reading = read_options(text, named, self._bands, is_list=True)
        if reading.decision is not Decision.ACCEPT:
            return None
        sentence = self._sentence
        self.forget()
        return replace(reading, value=OwnWords(reading.value, sentence))

    def _read_short(self, text: str) -> Reading | None:
        """Return an option whose words are all that was said, or nearly."""
        reading = super().read_words(text)
        if reading.decision is not Decision.ACCEPT:
            return None
        phrase, score = reading.scores[0] if reading.scores else ("", 1.0)
        is_all = score >= _WORDS_ALONE or count_words(text) <= count_words(phrase) + 1
        return replace(reading, value=OwnWords(reading.value, text)) if is_all else None

    def _read_sentence(self, text: str) -> Reading:
        if self._router is None:
            return NOTHING
        scores = self._router.score(text)
        decision, meant = judge_scores(scores, self._example_bands)
        ranked = sorted(range(len(scores)), key=lambda number: -scores[number])[:_SHOWN]
        shown = tuple((self._name(n), round(max(scores[n], 0.0), 3)) for n in ranked)
        if decision is Decision.NO_MATCH:
            return replace(NOTHING, scores=shown)
        said = OwnWords(self.options[meant[0]].value, text)
        if decision is Decision.ACCEPT:
            return Reading(decision, said, self._name(meant[0]), scores=shown)
        texts = phrases(self._language)
        label, *others = names = [self._name(n) for n in meant]
        if not others:
            question = texts.is_it_about.format(label)
            return Reading(decision, said, label, question=question, scores=shown)
        self._offered, self._sentence = [self.options[n] for n in meant], text
        question = texts.is_it_about_or.format(*names)
        return Reading(decision, said, label, others[0], question=question, scores=shown)

    def _name(self, number: int) -> str:
        option = self.options[number]
        return option.label or next(iter(option.words), option.key or "")
