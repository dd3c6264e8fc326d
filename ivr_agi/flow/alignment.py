"""Finds a phrase in what was heard: exactly, or by its sound. Core, no I/O.

A token is one Chinese character or one word of letters. Chinese has no blanks, so the phrase is
aligned with the nearest run of syllables; English is mis-split as often as misheard ("a count"), so
runs of words are compared without their blanks.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.flow.fillers import split_fillers
from ivr_agi.flow.sounds import Sound, char_cost, join_sounds, sound_of, sound_similarity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ("Span", "Token", "find_exact", "find_near", "is_cjk", "tokenise", "weight")

_TOKEN = re.compile(r"[㐀-䶿一-鿿豈-﫿〇]|[^\s㐀-䶿一-鿿豈-﫿〇]+")
_CJK = re.compile(r"[㐀-䶿一-鿿豈-﫿〇]")

_MISSING = 1.0
"""Cost of a character of the phrase that was not heard."""
_EXTRA = 0.6
"""Cost of a character heard within the phrase (客户服务 for 客服)."""


@dataclass(frozen=True, slots=True)
class Token:
    """One Chinese character or one word."""

    text: str
    is_filler: bool = False
    sound: Sound | None = None
    """Of a word of letters; None: a Chinese character."""
    weight: int = 0
    """How much it says: letters; a Chinese character counts as three."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a phrase was found, as token numbers, and how near it is (0..1)."""

    start: int
    end: int
    similarity: float


def is_cjk(text: str) -> bool:
    """Tell whether a text has Chinese characters."""
    return bool(_CJK.search(text))


def tokenise(text: str) -> list[Token]:
    """Cut a normalised text into tokens."""
    return [
        Token(word, is_filler, None, 3)
        if is_cjk(word)
        else Token(word, is_filler, _sound(word), len(word))
        for piece, is_filler in split_fillers(text)
        for word in _TOKEN.findall(piece)
    ]


def _sound(word: str) -> Sound:
    """Return a word's sound; what is no word, a long number say, has none and is not cached."""
    return sound_of(word) if word.isascii() and word.replace("'", "").isalpha() else Sound("", "")


def weight(tokens: Sequence[Token]) -> int:
    """Return how much tokens say."""
    return sum([token.weight for token in tokens])


def find_exact(phrase: Sequence[Token], heard: Sequence[Token]) -> Span | None:
    """Return the first place where the phrase stands token by token."""
    words = [token.text for token in phrase]
    texts = [token.text for token in heard]
    for start in range(len(texts) - len(words) + 1):
        if texts[start : start + len(words)] == words:
            return Span(start, start + len(words), 1.0)
    return None


def find_near(
    phrase: Sequence[Token], heard: Sequence[Token], *, accent_cost: float = 1.0
) -> Span | None:
    """Return the place that sounds most like the phrase, or None where nothing is comparable.

    Args:
        phrase: What may have been said.
        heard: What recognition made of it.
        accent_cost: See :func:`ivr_agi.flow.sounds.char_cost`.
    """
    if not phrase or not heard:
        return None
    if any(token.sound is None for token in phrase):
        return _align(phrase, heard, accent_cost)
    spans = _windows(phrase, heard)
    return max(spans, key=lambda span: span.similarity, default=None)


def _align(phrase: Sequence[Token], heard: Sequence[Token], accent_cost: float) -> Span:
    """Align the whole phrase with the cheapest run of what was heard.

    Each cell has the cost so far and the place where the run began; a run may begin and end
    anywhere for nothing.
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


def _windows(phrase: Sequence[Token], heard: Sequence[Token]) -> Iterator[Span]:
    """Yield every run of about as many words, with its likeness."""
    words = tuple([token.sound for token in phrase if token.sound])
    joined = _join_phrase(words)
    letters = len(joined.key)
    sounds = [token.sound for token in heard]
    sizes = [len(sound.key) if sound else 0 for sound in sounds]
    for size in range(max(1, len(words) - 1), len(words) + 2):
        for start in range(len(heard) - size + 1):
            # Most runs are too short or too long; this is the inner loop of every match.
            if not letters <= 2 * sum(sizes[start : start + size]) <= 3 * letters:
                continue
            run = [sound for sound in sounds[start : start + size] if sound]
            if len(run) < size:
                continue
            alike = sound_similarity(joined, run[0] if size == 1 else join_sounds(run))
            if size == len(words) > 1:
                # A long phrase must not carry a wrong word with it (technical report).
                worst = min(map(sound_similarity, words, run))
                alike = (alike + worst) / 2
            yield Span(start, start + size, alike)


@functools.lru_cache(maxsize=4096)
def _join_phrase(words: tuple[Sound, ...]) -> Sound:
    """Return the sound of a flow's phrase; never of what callers say: it is kept."""
    return join_sounds(words)
