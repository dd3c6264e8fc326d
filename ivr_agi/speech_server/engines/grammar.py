"""A closed list of phrases as a JSGF grammar of invented words. Core, no I/O.

The grammar never sees the phrases' spelling: each distinct word becomes a token ``w0``, ``w1``, ...
with its pronunciations. So punctuation, capitals, digits, JSGF's own words and Chinese need no
quoting, and the result is spelt exactly as in the list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

__all__ = ("PhraseGrammar",)

_ALTERNATIVE = re.compile(r"\(\d+\)")

Pronounce = Callable[[str], list[list[str]]]
"""Pronounces a phrase: ARPABET alternatives for each word (split at white space)."""


class PhraseGrammar:
    """The grammar of a list.

    Args:
        phrases: The list; phrases that cannot be pronounced are left out.
        pronounce: Gives the pronunciations of a phrase's words.
        is_row: The phrases may follow each other.

    Raises:
        ValueError: No phrase can be pronounced.
    """

    def __init__(
        self, phrases: Iterable[str], pronounce: Pronounce, *, is_row: bool = False
    ) -> None:
        self.is_row = is_row
        """Whether the phrases may follow each other."""
        self._tokens: dict[str, str] = {}
        self._words: dict[str, str] = {}
        self._phrases: dict[str, str] = {}
        pronunciations: dict[str, dict[str, None]] = {}
        for phrase in phrases:
            tokens = []
            for word, alternatives in zip(phrase.split(), pronounce(phrase), strict=True):
                if not alternatives:
                    continue  # e.g. a lone dash: part of the spelling, but not spoken
                token = self._tokens.setdefault(word, f"w{len(self._tokens)}")
                self._words[token] = word
                pronunciations.setdefault(token, {}).update(dict.fromkeys(alternatives))
                tokens.append(token)
            if tokens:
                self._phrases.setdefault(" ".join(tokens), phrase)
        if not self._phrases:
            raise ValueError("no phrase of the list can be pronounced")
        self.pronunciations: list[tuple[str, str]] = [
            (token if index == 0 else f"{token}({index + 1})", phones)
            for token, alternatives in pronunciations.items()
            for index, phones in enumerate(alternatives)
        ]
        """Return dictionary entries: a token (``token(2)`` for alternatives) and its phones."""

    @property
    def jsgf(self) -> str:
        """The grammar: one of the phrases, or a row of them."""
        alternatives = " | ".join(self._phrases)
        if self.is_row:
            alternatives = f"({alternatives})+"
        return f"#JSGF V1.0; grammar phrases; public <phrase> = {alternatives};"

    def text(self, tokens: str) -> str:
        """Spell a decoder's hypothesis as the list does; it may be part of a phrase."""
        plain = _ALTERNATIVE.sub("", tokens)
        if plain in self._phrases:
            return self._phrases[plain]
        return " ".join(self._words[token] for token in plain.split())

    def word(self, token: str) -> str:
        """Spell one token of a hypothesis as the list does."""
        return self._words[_ALTERNATIVE.sub("", token)]
