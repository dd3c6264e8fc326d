"""Which choice the caller's words or key mean, and how sure that is. Core, no I/O.

A phrase that was heard whole scores 0.9 to 1, depending on how much of what was heard it covers.
Carrier phrases do not count. Any other phrase scores by sound (:mod:`.phonetics`): in Chinese
against the nearest run of syllables, in English against the nearest run of words. Numbers are
compared as words. :class:`Bands` turns scores into a decision. A second choice that is nearly as
good leads to a question, never to a guess.
"""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from ivr_agi.language.alignment import Run, Span, find_exact, find_near, tokenise, weight
from ivr_agi.language.saying import spell_digits, spell_number
from ivr_agi.language.text import Language, is_cjk, normalise
from ivr_agi.language.words import Meant, how_meant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = (
    "Bands",
    "Confusable",
    "Decision",
    "Match",
    "Matchable",
    "Scored",
    "confusable_pairs",
    "match",
    "match_key",
    "match_words",
    "rank",
)

_EXACT = 0.9
"""A phrase heard whole among other words."""
_EXACT_CHARACTER = 0.7
"""A single character among others: it is often part of another word (四 in 四月份的账单)."""
_NEAR = 0.94
"""The most that a similar phrase scores: an exact match is always better."""
_NEAR_SHORT = 0.8
"""Factor for a phrase that is similar to one syllable or a short word, so that it is asked about
(四 or 十)."""
_SHORT = 4
"""Letters below which a word is short."""
_NEGATED = 0.6
"""Factor for a phrase after "not": too low for any band."""
_DOUBTED = 0.8
"""Factor for a phrase somewhere after "not", 不, or beside "or": worth a question."""
_SURELY_NEGATED = 0.5
"""Score from which a negated phrase was surely said."""
_FACTORS = {Meant.YES: 1.0, Meant.UNSURE: _DOUBTED, Meant.NO: _NEGATED}


class Matchable(Protocol):
    """A choice: the words that mean it, and its key."""

    @property
    def words(self) -> Sequence[str]:
        """Words and phrases."""
        ...

    @property
    def key(self) -> str | None:
        """One key, or None."""
        ...


C = TypeVar("C", bound=Matchable)


class Decision(StrEnum):
    """What to do about the words."""

    ACCEPT = "accept"
    """Take the choice."""
    CONFIRM = "confirm"
    """Ask "did you say ...?" for the best, or "... or ...?" for best and second."""
    NO_MATCH = "no_match"
    """Ask again."""


@dataclass(frozen=True, kw_only=True)
class Bands:
    """The scores from which a choice is accepted, or asked about.

    0.85 accepts a homophone, or one similar sound (zh/z, in/ing) in two syllables. It accepts no
    other word of the tests' list of real confusions. 0.65 still catches a slip of two sounds
    (ballots for balance), but also other words (amount for account): worth a question, no more.
    """

    accept: float = 0.85
    """Lowest score that is accepted."""
    confirm: float = 0.65
    """Lowest score that is asked about."""
    margin: float = 0.1
    """How much worse the second choice must be. If it is closer, the caller is asked about both."""


@dataclass(frozen=True)
class Scored(Generic[C]):
    """A choice with its best phrase."""

    choice: C
    phrase: str
    """The phrase, as the flow has it."""
    score: float
    """0 to 1."""
    is_doubted: bool = False
    """Words around the phrase make it doubtful: the score is lower for it."""


@dataclass(frozen=True)
class Match(Generic[C]):
    """The decision, with the best and second-best choice (None if nothing is similar)."""

    decision: Decision
    best: Scored[C] | None = None
    second: Scored[C] | None = None
    is_close: bool = False
    """The second may be meant as well as the best."""


@dataclass(frozen=True)
class Confusable:
    """Two phrases of different choices that sound alike."""

    first: str
    second: str
    first_index: int
    """Number of the choice, from 0."""
    second_index: int
    similarity: float
    """0 to 1."""


def match(
    text: str, choices: Sequence[C], *, bands: Bands | None = None, accent_cost: float = 1.0
) -> Match[C]:
    """Decide which choice the words mean.

    Args:
        text: What was heard.
        choices: The choices of one menu.
        bands: Which scores are accepted, and which are asked about.
        accent_cost: Factor on the cost of similar sounds in Chinese (zh/z, n/l, in/ing). 0 accepts
            every accent, 2 is strict.
    """
    bands = bands or Bands()
    ranked = rank(text, choices, accent_cost=accent_cost)
    best, second = (*ranked[:2], None, None)[:2]
    if best is None or best.score < bands.confirm:
        return Match(Decision.NO_MATCH, best, second)
    rival = second.score if second else 0.0
    if second and second.is_doubted:  # in "transfer no balance" balance may well be meant
        rival /= _DOUBTED
    is_close = best.score - rival < bands.margin
    sure = best.score >= bands.accept and not (is_close and rival >= bands.confirm)
    return Match(Decision.ACCEPT if sure else Decision.CONFIRM, best, second, is_close)


def match_words(text: str, choices: Sequence[C]) -> C | None:
    """Return the choice that the words certainly mean, or None."""
    found = match(text, choices)
    return found.best.choice if found.best and found.decision is Decision.ACCEPT else None


def match_key(key: str, choices: Sequence[C]) -> C | None:
    """Return the choice with this key, or None."""
    return next((choice for choice in choices if choice.key == key), None)


def rank(text: str, choices: Sequence[C], *, accent_cost: float = 1.0) -> list[Scored[C]]:
    """Return the choices that are at all similar to the words, best first.

    A phrase inside a better one ("support" in "technical support") is left out.
    """
    texts = _readings(normalise(text))
    rankings = [_rank(tokenise(reading), choices, accent_cost) for reading in texts]
    return max(rankings, key=lambda ranking: ranking[0].score if ranking else 0.0)


def confusable_pairs(
    choices: Sequence[Matchable], *, threshold: float = 0.65, accent_cost: float = 1.0
) -> list[Confusable]:
    """Return the phrases of different choices that sound alike, most alike first.

    Args:
        choices: The choices of one menu.
        threshold: Lowest similarity of a pair that is returned.
        accent_cost: See :func:`match`.
    """
    phrases = [(n, phrase) for n, choice in enumerate(choices) for phrase in choice.words]
    pairs = [
        Confusable(first, second, n, m, round(_likeness(first, second, accent_cost), 3))
        for (n, first), (m, second) in itertools.combinations(phrases, 2)
        if n != m
    ]
    alike = [pair for pair in pairs if pair.similarity >= threshold]
    return sorted(alike, key=lambda pair: pair.similarity, reverse=True)


def _rank(heard: Run, choices: Sequence[C], accent_cost: float) -> list[Scored[C]]:
    found: list[tuple[_Hit, Scored[C]]] = []
    sentence = _Sentence(heard, accent_cost)
    hits_of = [
        [(hit, phrase) for phrase in choice.words for hit in sentence.find(phrase)]
        for choice in choices
    ]
    negated = [hit.span for hits in hits_of for hit, _ in hits if hit.is_negated]
    for choice, hits in zip(choices, hits_of, strict=True):
        if hits:
            settled = [(hit.after_negated(negated), phrase) for hit, phrase in hits]
            hit, phrase = max(settled, key=_by_score)
            found.append((hit, Scored(choice, phrase, round(hit.score, 3), hit.is_doubted)))
    found.sort(key=_by_score, reverse=True)
    return [
        scored
        for number, (hit, scored) in enumerate(found)
        if not any(hit.is_inside(better) for better, _ in found[:number])
    ]


class _Hit(NamedTuple):
    score: float
    weight: int
    span: Span
    meant: Meant

    @property
    def is_doubted(self) -> bool:
        return self.meant is Meant.UNSURE

    @property
    def is_negated(self) -> bool:
        return self.meant is Meant.NO and self.score >= _SURELY_NEGATED

    def after_negated(self, negated: Sequence[Span]) -> _Hit:
        """Return it without doubt if the negation is another phrase's: "not sales, billing"."""
        if self.is_doubted and any(span.end <= self.span.start for span in negated):
            return self._replace(score=self.score / _DOUBTED, meant=Meant.YES)
        return self

    def is_inside(self, better: _Hit) -> bool:
        return (
            better.span.start <= self.span.start
            and self.span.end <= better.span.end
            and self.span.end - self.span.start < better.span.end - better.span.start
        )


def _by_score(found: tuple[_Hit, object]) -> tuple[float, int]:
    return found[0][:2]


class _Sentence:
    """One reading of what was heard, in which phrases are searched."""

    def __init__(self, heard: Run, accent_cost: float) -> None:
        places = [at for at, token in enumerate(heard) if not token.is_carrier]
        self._heard = heard
        self._places = places or list(range(len(heard)))
        self._kept = Run(heard[at] for at in self._places) if places else heard
        """What is not a carrier phrase; everything, if there is nothing else."""
        self._weight = self._kept.weight if places else 0
        self._accent_cost = accent_cost
        self._meant: dict[tuple[int, int], Meant] = {}

    def find(self, phrase: str) -> Iterator[_Hit]:
        """Yield where a phrase is found: exactly, or if it is not there, approximately."""
        for tokens in _phrase_tokens(phrase):
            span = find_exact(tokens, self._heard)
            if span:
                score = self._score_exact(tokens, span)
            elif near := self._find_near(tokens):
                span, score = near
            else:
                continue
            meant = self._how_meant(span.start, span.end)
            score *= _FACTORS[meant]
            if score > 0:
                yield _Hit(score, tokens.weight, span, meant)

    def _find_near(self, phrase: Run) -> tuple[Span, float] | None:
        """Return the most similar place without carrier phrases, and its score."""
        kept, places = self._kept, self._places
        if _is_short(phrase) and len(kept) > len(phrase) + 1:
            return None  # every sentence has a short sound like it somewhere
        span = find_near(phrase, kept, accent_cost=self._accent_cost)
        if span is None or span.start == span.end:
            return None
        coverage = weight(kept[span.start : span.end]) / kept.weight
        whole = Span(places[span.start], places[span.end - 1] + 1, span.similarity)
        return whole, _score_near(phrase, span.similarity, coverage)

    def _score_exact(self, phrase: Run, span: Span) -> float:
        carriers = [token for token in self._heard[span.start : span.end] if token.is_carrier]
        rest = self._weight - (phrase.weight - weight(carriers))
        coverage = phrase.weight / (phrase.weight + rest)
        base = _EXACT_CHARACTER if _is_one_character(phrase) else _EXACT
        return base + (1 - base) * coverage

    def _how_meant(self, start: int, end: int) -> Meant:
        if (start, end) not in self._meant:
            before, after = self._text(0, start), self._text(end, len(self._heard))
            self._meant[start, end] = how_meant(before, f" {after}" if after else "")
        return self._meant[start, end]

    def _text(self, start: int, end: int) -> str:
        words = [
            token.text if token.sound is None else f" {token.text} "
            for token in self._heard[start:end]
        ]
        return " ".join("".join(words).split())


def _score_near(phrase: Run, similarity: float, coverage: float) -> float:
    score = similarity * (0.9 + 0.1 * coverage)
    if _is_short(phrase):
        if coverage < 1:
            return 0.0
        sure = similarity > 0.95 and not _is_one_character(phrase)
        return score * (_NEAR if sure else _NEAR_SHORT)
    return min(score, _NEAR)


def _is_one_character(phrase: Run) -> bool:
    return len(phrase) == 1 and phrase.sounds[0] is None


def _is_short(phrase: Run) -> bool:
    return phrase.weight < _SHORT


def _likeness(one: str, other: str, accent_cost: float) -> float:
    """Return how similar two whole phrases sound: 0 to 1."""
    if normalise(one) == normalise(other):
        return 1.0
    best = 0.0
    for tokens, others in itertools.product(_phrase_tokens(one), _phrase_tokens(other)):
        span = find_near(tokens, others, accent_cost=accent_cost)
        if span:
            sizes = sorted((tokens.weight, others.weight))
            best = max(best, span.similarity * min(1.0, (sizes[0] + 2) / sizes[1]))
    return best


@functools.lru_cache(maxsize=4096)
def _phrase_tokens(phrase: str) -> tuple[Run, ...]:
    """Return the readings of a flow's phrase, with and without its carrier phrases.

    The cache holds phrases of flows only, never what callers say.
    """
    found: dict[Run, None] = {}
    for reading in _readings(normalise(phrase)):
        tokens = tokenise(reading)
        kept = Run(token for token in tokens if not token.is_carrier)
        found |= dict.fromkeys(one for one in (tokens, kept) if one)
    return tuple(found)


_NUMBER = re.compile(r"(?<!\d)(\d{1,12})(?!\d)")
_SAME_NUMERAL = str.maketrans("两幺〇", "二一零")


def _readings(text: str) -> tuple[str, ...]:
    """Return a text with its numbers in words, as numbers and digit by digit, in both languages."""
    if not _NUMBER.search(text):
        return (text.translate(_SAME_NUMERAL),)
    languages = [Language.CHINESE] if is_cjk(text) else list(Language)
    found: list[str] = []
    for language in languages:
        for spell in (_spell_value, spell_digits):
            pieces = _NUMBER.split(text)  # every second one is a number
            pieces[1::2] = [f" {spell(piece, language)} " for piece in pieces[1::2]]
            found.append("".join(pieces))
    return tuple(dict.fromkeys(normalise(reading).translate(_SAME_NUMERAL) for reading in found))


def _spell_value(digits: str, language: Language) -> str:
    return spell_number(Decimal(digits), language)
