"""Which choice the caller's words or key mean. Core, no I/O.

First version: words are compared after folding case, width and punctuation; a phrase counts where
it stands whole in what was heard, the longest one wins. Scores and sounds come with the issue
"Call flows".
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.flow.model import Choice

__all__ = ("match_key", "match_words", "normalise")

_CJK = re.compile(r"[㐀-䶿一-鿿豈-﫿]")


def normalise(text: str) -> str:
    """Fold width and case, drop punctuation, put one blank between words; none inside Chinese."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(
        " " if unicodedata.category(char)[0] in "PZSC" and char != "'" else char for char in folded
    )
    return " ".join(kept.split())


def match_words(text: str, choices: Sequence[Choice]) -> Choice | None:
    """Return the choice that the words mean, or None where none or several equally long do."""
    heard = normalise(text)
    found: dict[int, int] = {}
    for number, choice in enumerate(choices):
        phrases = (normalise(phrase) for phrase in choice.words)
        lengths = [len(phrase) for phrase in phrases if phrase and _contains(heard, phrase)]
        if lengths:
            found[number] = max(lengths)
    best = [number for number, length in found.items() if length == max(found.values())]
    return choices[best[0]] if len(best) == 1 else None


def match_key(key: str, choices: Sequence[Choice]) -> Choice | None:
    """Return the choice of the key, or None."""
    return next((choice for choice in choices if choice.key == key), None)


def _contains(heard: str, phrase: str) -> bool:
    if _CJK.search(phrase):  # no blanks between the words
        return phrase.replace(" ", "") in heard.replace(" ", "")
    return f" {phrase} " in f" {heard} "
