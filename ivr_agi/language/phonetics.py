"""How similar words sound, in Chinese and in English. Core, no I/O.

Chinese words are compared by syllables without tones, because recognition mistakes the tone as
easily as the character. A table makes the differences cheap that accents and telephones blur (zh/z,
n/l, in/ing). English words are compared by a key that writes them roughly as they sound, with and
without vowels, and by the edit distance of both. Recognition returns real words, so its mistakes
are words that sound like the right ones.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jellyfish import levenshtein_distance

from ivr_agi.language.pinyin import readings, split_syllable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = (
    "Sound",
    "char_cost",
    "join_sounds",
    "sound_of",
    "sound_similarity",
    "syllable_cost",
)

OTHER_CHARACTER = 0.03
"""Cost of another character with the same sound: an exact match is still better."""

_FAR = 0.8
"""Cost of another initial or another final. The cost of a syllable is at most 1."""

_NEAR_INITIALS: dict[frozenset[str], float] = {
    frozenset(pair.split("/")): cost
    for cost, pairs in {
        # southern accents
        0.15: "zh/z ch/c sh/s",
        0.2: "n/l",
        0.25: "f/h",
        0.3: "r/l",
        # only the aspiration differs, or the telephone band hides the difference
        0.4: "b/p d/t g/k j/q zh/ch z/c m/n zh/j ch/q sh/x s/x z/j c/q",
    }.items()
    for pair in pairs.split()
} | {
    # 6 and 9, 1 and 7: the reason why 幺, 拐 and 勾 are said on the radio
    frozenset(("l", "j")): 0.5,
    frozenset(("", "q")): 0.5,
}

_NEAR_FINALS: dict[frozenset[str], float] = {
    frozenset(pair.split("/")): cost
    for cost, pairs in {
        0.1: "in/ing",
        0.15: "en/eng an/ang ian/iang uan/uang",
        0.2: "o/uo un/uen i/r",
        0.3: "e/uo un/ong i/v eng/ong ie/ve ian/van in/vn",
        0.4: "ai/ei ao/ou",
    }.items()
    for pair in pairs.split()
}


@functools.cache
def syllable_cost(one: str, other: str) -> float:
    """Return how differently two syllables (pinyin without tones) sound: 0 (alike) to 1."""
    (initial, final), (other_initial, other_final) = split_syllable(one), split_syllable(other)
    cost = 0.0
    if initial != other_initial:
        cost += _NEAR_INITIALS.get(frozenset((initial, other_initial)), _FAR)
    if final != other_final:
        cost += _NEAR_FINALS.get(frozenset((final, other_final)), _FAR)
    return min(cost, 1.0)


@functools.lru_cache(maxsize=65536)
def char_cost(one: str, other: str, accent_cost: float = 1.0) -> float:
    """Return how differently two Chinese characters sound, over all their readings: 0 to 1.

    Args:
        one: A character.
        other: Another.
        accent_cost: Factor on the cost of similar sounds. 0 accepts every accent, 2 is strict.
    """
    if one == other:
        return 0.0
    costs = [syllable_cost(a, b) for a in readings(one) for b in readings(other)]
    nearest = min(costs, default=1.0)
    if nearest < _FAR:
        nearest *= accent_cost
    return min(nearest + OTHER_CHARACTER, 1.0)


@dataclass(frozen=True, slots=True)
class Sound:
    """Roughly how a word of letters sounds."""

    key: str
    """Roughly as it is spoken: ``balans``."""
    bones: str
    """Without the vowels: ``blns``."""


def join_sounds(sounds: Sequence[Sound]) -> Sound:
    """Return the sound of words in a row."""
    key = _DOUBLE.sub(r"\1", "".join(one.key for one in sounds))
    return Sound(key, _VOWELS.sub("", key))


_HOPELESS = 0.3
"""Below this similarity with vowels, words are not compared without them."""


def sound_similarity(one: Sound, other: Sound) -> float:
    """Return how similar two differently written words or phrases sound: 0 to 1."""
    alike = _similarity(one.key, other.key)
    if alike > _HOPELESS and one.bones and other.bones:
        alike = (alike + _similarity(one.bones, other.bones)) / 2
    return max(0.0, alike - OTHER_CHARACTER)


def _similarity(one: str, other: str) -> float:
    length = max(len(one), len(other))
    return 1.0 - levenshtein_distance(one, other) / length if length else 0.0


_DOUBLE = re.compile(r"(.)\1+")
_VOWELS = re.compile(r"[aeiou]")

_RULES = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[^a-z]", ""),
        (r"^(?:kn|gn|pn)", "n"),
        (r"^wr", "r"),
        (r"^wh", "w"),
        (r"^tw?oo?$", "tu"),
        (r"^one", "won"),
        (r"eigh", "a"),
        (r"igh", "i"),
        (r"mb$", "m"),
        (r"ph", "f"),
        (r"gh", ""),
        (r"(?:t|s|c)i(?=on|an|al)", "S"),
        (r"tch|ch", "C"),
        (r"sh", "S"),
        (r"th", "t"),
        (r"d?g(?=e$|es$|ed$|en)", "J"),
        (r"j", "J"),
        (r"ck|qu?|c(?![eiy])", "k"),
        (r"[cz]", "s"),
        (r"x", "ks"),
        (r"(?<=[aeiouy][^aeiouy])e(?=s?$)|(?<=[aeiouy][lnr]s)e$", ""),
        (r"ee|ea|ie|(?<!^)y", "i"),
        (r"ai|ei", "e"),
        (r"ou(?=r)|oa|ow", "o"),
        (r"oo|ou|ew|ue", "u"),
        (r"au|aw", "o"),
        (r"(.)\1+", r"\1"),
    )
)
"""English spelling to rough sound. Capitals are ch, sh and j."""


@functools.lru_cache(maxsize=4096)
def sound_of(word: str) -> Sound:
    """Return the sound of one English word, lower case.

    The cache holds single words, never a sentence.
    """
    for pattern, sound in _RULES:
        word = pattern.sub(sound, word)
    return Sound(word, _VOWELS.sub("", word))
