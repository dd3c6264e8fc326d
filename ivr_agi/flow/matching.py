"""Which choice the caller's words or key mean, and how sure that is. Core, no I/O.

A phrase that stands whole in what was heard scores 0.9 to 1, by how much of what was heard it
covers; fillers count for nothing. Else it scores by sound: in Chinese the nearest run of syllables,
in English the nearest run of words (:mod:`.sounds`). Numbers are compared as words. Scores become a
decision by :class:`Bands`; a second choice that is nearly as good is asked about, never guessed.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ivr_agi.dialogue.rendering import Language, spell_digits, spell_number
from ivr_agi.flow.alignment import Token, find_exact, find_near, is_cjk, tokenise, weight
from ivr_agi.flow.fillers import is_negated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.flow.alignment import Span

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
    "normalise",
    "rank",
)

_EXACT = 0.9
"""A phrase heard whole among other words."""
_EXACT_CHARACTER = 0.7
"""One character among others is more often part of another word (四 in 四月份的账单)."""
_NEAR = 0.94
"""Most that a likeness counts: an exact match is always better."""
_NEAR_SHORT = 0.8
"""Factor for a likeness to one syllable or a short word: it is asked about (四 or 十)."""
_SHORT = 4
"""Letters below which a word is short."""
_NEGATED = 0.6
"""Factor for a phrase after "not": too little for any band."""


class Matchable(Protocol):
    """A choice: what is said for it, and its key."""

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
    """Go on."""
    CONFIRM = "confirm"
    """Ask "did you say ...?" for the best, or "... or ...?" for best and second."""
    NO_MATCH = "no_match"
    """Ask again."""


@dataclass(frozen=True, kw_only=True)
class Bands:
    """From scores to a decision.

    0.85 lets pass a homophone, or one near sound (zh/z, in/ing) in two syllables; no other word of
    the tests' list of real confusions. 0.65 still reaches a slip of two sounds (ballots for
    balance) and with it other words (amount for account): worth a question, no more.
    """

    accept: float = 0.85
    """A score from here on is accepted."""
    confirm: float = 0.65
    """A score from here on is asked about."""
    margin: float = 0.1
    """By how much the second choice must be worse; else best and second are asked about."""


@dataclass(frozen=True)
class Scored(Generic[C]):
    """A choice with its best phrase."""

    choice: C
    phrase: str
    """The phrase as the flow writes it."""
    score: float
    """0 to 1."""


@dataclass(frozen=True)
class Match(Generic[C]):
    """The decision, with best and second-best choice (None where nothing is like them)."""

    decision: Decision
    best: Scored[C] | None = None
    second: Scored[C] | None = None


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


def normalise(text: str) -> str:
    """Fold width and case, drop punctuation, put one blank between words; none inside Chinese."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    kept = "".join(
        " " if unicodedata.category(char)[0] in "PZSC" and char != "'" else char for char in folded
    )
    return " ".join(kept.split())


def match(
    text: str, choices: Sequence[C], *, bands: Bands | None = None, accent_cost: float = 1.0
) -> Match[C]:
    """Decide which choice the words mean.

    Args:
        text: What was heard.
        choices: Of one menu.
        bands: From scores to a decision.
        accent_cost: Factor on what near sounds cost in Chinese (zh/z, n/l, in/ing): 0 takes every
            accent for the standard, 2 is strict.
    """
    bands = bands or Bands()
    ranked = rank(text, choices, accent_cost=accent_cost)
    best, second = (*ranked[:2], None, None)[:2]
    if best is None or best.score < bands.confirm:
        return Match(Decision.NO_MATCH, best, second)
    rival = second.score if second and second.score >= bands.confirm else 0.0
    sure = best.score >= bands.accept and best.score - rival >= bands.margin
    return Match(Decision.ACCEPT if sure else Decision.CONFIRM, best, second)


def match_words(text: str, choices: Sequence[C]) -> C | None:
    """Return the choice that the words mean for sure, or None."""
    found = match(text, choices)
    return found.best.choice if found.best and found.decision is Decision.ACCEPT else None


def match_key(key: str, choices: Sequence[C]) -> C | None:
    """Return the choice of the key, or None."""
    return next((choice for choice in choices if choice.key == key), None)


def rank(text: str, choices: Sequence[C], *, accent_cost: float = 1.0) -> list[Scored[C]]:
    """Return the choices that are anything like the words, best first.

    A phrase inside the place of a better one ("support" in "technical support") is left out.
    """
    texts = _readings(normalise(text))
    rankings = [_rank(tokenise(reading), choices, accent_cost) for reading in texts]
    return max(rankings, key=lambda ranking: ranking[0].score if ranking else 0.0)


def confusable_pairs(
    choices: Sequence[Matchable], *, threshold: float = 0.65, accent_cost: float = 1.0
) -> list[Confusable]:
    """Return the phrases of different choices that sound alike, most alike first.

    Args:
        choices: Of one menu.
        threshold: Likeness from which on a pair is told.
        accent_cost: As with :func:`match`.
    """
    phrases = [(n, phrase) for n, choice in enumerate(choices) for phrase in choice.words]
    pairs = [
        Confusable(first, second, n, m, round(_likeness(first, second, accent_cost), 3))
        for (n, first), (m, second) in itertools.combinations(phrases, 2)
        if n != m
    ]
    alike = [pair for pair in pairs if pair.similarity >= threshold]
    return sorted(alike, key=lambda pair: pair.similarity, reverse=True)


def _rank(heard: list[Token], choices: Sequence[C], accent_cost: float) -> list[Scored[C]]:
    found: list[tuple[_Hit, Scored[C]]] = []
    places = [at for at, token in enumerate(heard) if not token.is_filler]
    places = places or list(range(len(heard)))
    for choice in choices:
        hits = [
            (hit, phrase)
            for phrase in choice.words
            for hit in _find(phrase, heard, places, accent_cost)
        ]
        if hits:
            hit, phrase = max(hits, key=lambda pair: (pair[0].score, pair[0].weight))
            found.append((hit, Scored(choice, phrase, round(hit.score, 3))))
    found.sort(key=lambda pair: (pair[0].score, pair[0].weight), reverse=True)
    return [
        scored
        for number, (hit, scored) in enumerate(found)
        if not any(hit.is_inside(better) for better, _ in found[:number])
    ]


@dataclass(frozen=True)
class _Hit:
    score: float
    weight: int
    span: Span

    def is_inside(self, better: _Hit) -> bool:
        return (
            better.span.start <= self.span.start
            and self.span.end <= better.span.end
            and self.span.end - self.span.start < better.span.end - better.span.start
        )


def _find(phrase: str, heard: list[Token], places: list[int], accent_cost: float) -> list[_Hit]:
    """Return where a phrase is found, exactly or else nearly: at ``places``, without fillers."""
    hits = []
    kept = [heard[at] for at in places]
    for tokens in _phrase_tokens(phrase):
        span = find_exact(tokens, heard)
        score = _score_exact(tokens, heard, span) if span else 0.0
        if span is None:
            if _is_short(tokens) and len(kept) > len(tokens) + 1:
                continue  # a short sound is somewhere in every sentence
            span = find_near(tokens, kept, accent_cost=accent_cost)
            if span is None or span.start == span.end:
                continue
            score = _score_near(tokens, kept, span)
            span = type(span)(places[span.start], places[span.end - 1] + 1, span.similarity)
        if span.start > 0 and is_negated(_text_before(heard, span.start)):
            score *= _NEGATED
        if score > 0:
            hits.append(_Hit(score, weight(tokens), span))
    return hits


def _score_exact(phrase: Sequence[Token], heard: Sequence[Token], span: Span) -> float:
    rest = [*heard[: span.start], *heard[span.end :]]
    said = weight(phrase)
    coverage = said / (said + weight([token for token in rest if not token.is_filler]))
    base = _EXACT_CHARACTER if _is_one_character(phrase) else _EXACT
    return base + (1 - base) * coverage


def _score_near(phrase: Sequence[Token], kept: Sequence[Token], span: Span) -> float:
    coverage = weight(kept[span.start : span.end]) / weight(kept)
    score = span.similarity * (0.9 + 0.1 * coverage)
    if _is_short(phrase):
        if coverage < 1:
            return 0.0
        sure = span.similarity > 0.95 and not _is_one_character(phrase)
        return score * (_NEAR if sure else _NEAR_SHORT)
    return min(score, _NEAR)


def _is_one_character(phrase: Sequence[Token]) -> bool:
    return len(phrase) == 1 and phrase[0].sound is None


def _is_short(phrase: Sequence[Token]) -> bool:
    return weight(phrase) < _SHORT


def _text_before(heard: Sequence[Token], at: int) -> str:
    words = [token.text if token.sound is None else f" {token.text} " for token in heard[:at]]
    return " ".join("".join(words).split())


def _likeness(one: str, other: str, accent_cost: float) -> float:
    """Return how alike two whole phrases sound: 0 to 1."""
    if normalise(one) == normalise(other):
        return 1.0
    best = 0.0
    for tokens, others in itertools.product(_phrase_tokens(one), _phrase_tokens(other)):
        span = find_near(tokens, others, accent_cost=accent_cost)
        if span:
            sizes = sorted((weight(tokens), weight(others)))
            best = max(best, span.similarity * min(1.0, (sizes[0] + 2) / sizes[1]))
    return best


@functools.lru_cache(maxsize=4096)
def _phrase_tokens(phrase: str) -> tuple[tuple[Token, ...], ...]:
    """Return the readings of a flow's phrase, with and without its fillers.

    Only phrases are kept here, never what callers say.
    """
    found: dict[tuple[Token, ...], None] = {}
    for reading in _readings(normalise(phrase)):
        tokens = tuple(tokenise(reading))
        kept = tuple(token for token in tokens if not token.is_filler)
        found |= dict.fromkeys(one for one in (tokens, kept) if one)
    return tuple(found)


_NUMBER = re.compile(r"(?<!\d)(\d{1,12})(?!\d)")
_SAME_NUMERAL = str.maketrans("两幺〇", "二一零")


def _readings(text: str) -> tuple[str, ...]:
    """Return a text with its numbers in words: as numbers and digit by digit, in both languages."""
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
