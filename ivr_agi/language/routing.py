"""Which of several intents a sentence means, learnt from examples of each. Core, no I/O.

Kernel ridge regression (Rifkin & Lippert 2007, "Notes on Regularized Least Squares") over the
cosine of tf-idf vectors: each choice's score is a weighted vote of the examples that are near, and
the examples themselves teach the weights. Features are words, pairs of words and parts of words; of
Chinese, characters and pairs of characters. What no example has makes every score lower, so a
sentence about something else scores low for all choices.
"""

from __future__ import annotations

import functools
import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.language.text import is_cjk, split_words
from ivr_agi.language.words import HESITATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

__all__ = ("MOST_EXAMPLES", "Router", "router_of")

MOST_EXAMPLES = 1000
"""For one language: learning takes the cube of it, 0.2 s for 1000."""
_RIDGE = 0.3
"""How little a single example is trusted. From 0.1 to 1 hardly anything changes."""
_PAIR = 0.7
"""Weight of two words that follow each other, in words."""
_CHARACTER = 0.6
"""Weight of a Chinese character, in pairs of characters."""
_PARTS = (3, 4, 5)
"""Letters of the parts of a word: "transferring" has most of those of "transfer"."""

_Vector = dict[str, float]


class Router:
    """Scores sentences for each of several choices.

    Args:
        examples: Of each choice, what callers say; not all empty.
    """

    def __init__(self, examples: Sequence[Sequence[str]]) -> None:
        labels = [number for number, texts in enumerate(examples) for _ in texts]
        counts = [_features(text) for texts in examples for text in texts]
        n_examples = len(labels)
        seen = Counter(feature for count in counts for feature in count)
        self._idf = {feature: math.log((n_examples + 1) / (n + 0.5)) for feature, n in seen.items()}
        self._unknown = math.log((n_examples + 1) / 0.5)
        columns = {feature: number for number, feature in enumerate(seen)}
        vectors = np.zeros((n_examples, len(columns)))
        for row, count in enumerate(counts):
            for feature, value in self._vector(count).items():
                vectors[row, columns[feature]] = value
        meant = np.zeros((n_examples, len(examples)))
        meant[range(n_examples), labels] = 1.0
        inverse = np.linalg.inv(vectors @ vectors.T + _RIDGE * np.eye(n_examples))
        votes = inverse @ meant
        left_out = meant - votes / np.diag(inverse)[:, None]
        self.left_out: list[tuple[int, list[float]]] = list(
            zip(labels, left_out.tolist(), strict=True)
        )
        """Of each example its choice, and the scores that it would have if it were not one."""
        rows = (vectors.T @ votes).astype(np.float32)
        self._weights: Mapping[str, npt.NDArray[np.float32]] = dict(zip(columns, rows, strict=True))
        self._n_choices = len(examples)

    def score(self, text: str) -> list[float]:
        """Return how much a sentence is like each choice's examples: 0 (not at all) to about 1."""
        total = np.zeros(self._n_choices)
        for feature, value in self._vector(_features(text)).items():
            if (weights := self._weights.get(feature)) is not None:
                total += value * weights
        return [float(value) for value in total]

    def _vector(self, count: Mapping[str, float]) -> _Vector:
        values = {
            feature: math.sqrt(n) * self._idf.get(feature, self._unknown)
            for feature, n in count.items()
        }
        length = math.sqrt(sum(value * value for value in values.values())) or 1.0
        return {feature: value / length for feature, value in values.items()}


@functools.lru_cache(maxsize=64)
def router_of(examples: tuple[tuple[str, ...], ...]) -> Router | None:
    """Return the router for the examples of each choice, made once; None if there are none.

    Flows make theirs when they are loaded. The cache holds what flows say, never what callers say.
    """
    return Router(examples) if any(examples) else None


def _features(text: str) -> Mapping[str, float]:
    """Count the features of a sentence, each with its weight."""
    words = [word for word in split_words(text) if word not in HESITATIONS]
    found: defaultdict[str, float] = defaultdict(float)
    if is_cjk(text):
        return _add_characters(found, words)
    for word in words:
        found[word] += 1
        whole = f"<{word}>"
        for size in _PARTS:
            places = range(len(whole) - size + 1)
            for at in places:
                found[f"~{whole[at : at + size]}"] += 1 / len(places)
    for pair in zip(words, words[1:], strict=False):
        found[" ".join(pair)] += _PAIR
    return found


def _add_characters(found: defaultdict[str, float], words: Sequence[str]) -> Mapping[str, float]:
    for word in words:
        found[word] += _CHARACTER
    for one, other in zip(words, words[1:], strict=False):
        found[one + other] += 1
    return found
