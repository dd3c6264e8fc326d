"""Finds a phrase in what was heard: exactly, or by its sound. Core, no I/O.

A token is one Chinese character or one word of letters. Chinese has no blanks, so the phrase is
aligned with the nearest run of syllables. English is split wrongly as often as it is misheard ("a
count"), so runs of words are compared without their blanks.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ivr_agi.language.phonetics import Sound, char_cost, join_sounds, sound_of, sound_similarity
from ivr_agi.language.text import HAN, is_cjk
from ivr_agi.language.words import split_carriers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ("Run", "Span", "Token", "find_exact", "find_near", "tokenise", "weight")

_TOKEN = re.compile(rf"[{HAN}]|[^\s{HAN}]+")

_MISSING = 1.0
"""Cost of a character of the phrase that was not heard."""
_EXTRA = 0.6
"""Cost of a character heard within the phrase (客户服务 for 客服)."""


@dataclass(frozen=True, slots=True)
class Token:
    """One Chinese character or one word."""

    text: str
    is_carrier: bool = False
    sound: Sound | None = None
    """Sound of a word of letters; None for a Chinese character."""
    weight: int = 0
    """How much it says, in letters. A Chinese character counts as three."""


class Run(tuple[Token, ...]):
    """Tokens in a row, with what every comparison needs."""

    def __init__(self, _: Iterable[Token] = ()) -> None:
        self.texts = tuple([token.text for token in self])
        self.sounds = tuple([token.sound for token in self])
        self.weight = weight(self)
        """How much they say."""
        letters = [len(sound.key) if sound else 0 for sound in self.sounds]
        self.letters_before = (0, *itertools.accumulate(letters))
        """Letters of all sounds before each token, and of all tokens."""
        self._joined: dict[tuple[int, int], Sound | None] = {}

    def joined(self, start: int, end: int) -> Sound | None:
        """Return the sound of some words in a row, or None if one is a Chinese character."""
        if end - start == 1:
            return self.sounds[start]
        place = (start, end)
        if place not in self._joined:
            words = [sound for sound in self.sounds[start:end] if sound]
            self._joined[place] = join_sounds(words) if len(words) == end - start else None
        return self._joined[place]


class Span(NamedTuple):
    """Where a phrase was found, in token numbers, and how similar it is (0 to 1)."""

    start: int
    end: int
    similarity: float


def tokenise(text: str) -> Run:
    """Cut a normalised text into tokens."""
    return Run(
        Token(word, is_carrier, None, 3)
        if is_cjk(word)
        else Token(word, is_carrier, _sound(word), len(word))
        for piece, is_carrier in split_carriers(text)
        for word in _TOKEN.findall(piece)
    )


def _sound(word: str) -> Sound:
    """Return a word's sound. What is no word (a long number) has none, and is not cached."""
    return sound_of(word) if word.isascii() and word.replace("'", "").isalpha() else Sound("", "")


def weight(tokens: Sequence[Token]) -> int:
    """Return how much tokens say."""
    return sum([token.weight for token in tokens])


def find_exact(phrase: Run, heard: Run) -> Span | None:
    """Return the first place where the phrase stands token by token."""
    words, texts = phrase.texts, heard.texts
    for start in range(len(texts) - len(words) + 1):
        if texts[start : start + len(words)] == words:
            return Span(start, start + len(words), 1.0)
    return None


def find_near(phrase: Run, heard: Run, *, accent_cost: float = 1.0) -> Span | None:
    """Return the place that sounds most like the phrase, or None if nothing can be compared.

    Args:
        phrase: What may have been said.
        heard: What recognition made of it.
        accent_cost: See :func:`ivr_agi.language.phonetics.char_cost`.
    """
    if not phrase or not heard:
        return None
    sound = phrase.joined(0, len(phrase))
    if sound is None:
        return _align(phrase, heard, accent_cost)
    return _find_sound(phrase, sound, heard)


def _align(phrase: Run, heard: Run, accent_cost: float) -> Span:
    """Align the whole phrase with the cheapest run of what was heard.

    Each cell holds the cost so far and where the run began. A run may begin and end anywhere at no
    cost.
    """
    row = [(0.0, start) for start in range(len(heard) + 1)]
    for count, token in enumerate(phrase, 1):
        above, row = row, [(count * _MISSING, 0)]
        for at, other in enumerate(heard, 1):
            cost = _token_cost(token, other, accent_cost)
            row.append(
                min(
                    (above[at - 1][0] + cost, above[at - 1][1]),
                    (above[at][0] + _MISSING, above[at][1]),
                    (row[at - 1][0] + _EXTRA, row[at - 1][1]),
                )
            )
    end = min(range(len(row)), key=lambda at: row[at][0])
    cost, start = row[end]
    return Span(start, end, max(0.0, 1.0 - cost / len(phrase)))


def _token_cost(one: Token, other: Token, accent_cost: float) -> float:
    if one.text == other.text:
        return 0.0
    if one.sound and other.sound:
        return 1.0 - sound_similarity(one.sound, other.sound)
    if one.sound or other.sound:
        return 1.0
    return char_cost(one.text, other.text, accent_cost)


def _find_sound(phrase: Run, whole: Sound, heard: Run) -> Span | None:
    """Return the run of about as many words that sounds most like the phrase."""
    n_words, letters, before = len(phrase), len(whole.key), heard.letters_before
    best: Span | None = None
    for size in range(max(1, n_words - 1), n_words + 2):
        for start in range(len(heard) - size + 1):
            # Most runs are too short or too long; this is the inner loop of every match.
            if not letters <= 2 * (before[start + size] - before[start]) <= 3 * letters:
                continue
            run = heard.joined(start, start + size)
            if run is None:
                continue
            alike = sound_similarity(whole, run)
            if size == n_words > 1:
                # A long phrase must not hide a wrong word (technical report).
                pairs = zip(phrase.sounds, heard.sounds[start : start + size], strict=True)
                worst = min([sound_similarity(one, other) for one, other in pairs if one and other])
                alike = (alike + worst) / 2
            if best is None or alike > best.similarity:
                best = Span(start, start + size, alike)
    return best
