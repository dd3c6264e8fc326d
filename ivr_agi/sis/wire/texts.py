"""Splits a text into pieces that a voice takes in one synthesis.

Core, no I/O. A long text is cut at the end of a sentence, Chinese or English; a sentence that is
too long, at a comma, else between words, else anywhere.

Source: ``sis-protocol.md`` 9 (``text``), 11 (SSML).
"""

from __future__ import annotations

import re

from ivr_agi.catalogue import vendor_voice
from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.ssml import check_ssml, is_ssml

__all__ = ("SentenceGatherer", "speakable_pieces", "split_text")

_CLOSING = r"[\"'”’」』）)\]]*"
_BREAKS = (
    re.compile(rf"[。！？；…!?]+{_CLOSING}|[.;]+{_CLOSING}(?=\s)|\n+"),
    re.compile(r"[，、：]+|[,:]+(?=\s)"),
    re.compile(r"\s+"),
)
"""Where a text may be cut, best first. A full stop counts only before a space: ``3.50``."""


def speakable_pieces(text: str, property_: str) -> list[str]:
    """Return the text as a list of syntheses, mostly a single one.

    Args:
        text: Plain text of any length, or SSML.
        property_: The voice, ``{language}_{speaker}_{domain}``.

    Raises:
        ConfigError: The text is empty, or SSML that is wrong (with line and column), too long, or
            for a voice that takes none.
    """
    if not text.strip():
        raise ConfigError("must be a text that is not empty", key="text")
    voice = vendor_voice(property_)
    limit = voice.max_characters
    if not is_ssml(text):
        return split_text(text, limit)
    check_ssml(text, voice)
    if len(text) > limit:
        reason = f"must have {limit} characters at most with this voice, got {len(text)}"
        raise ConfigError(reason, key="ssml")
    return [text]


def split_text(text: str, limit: int) -> list[str]:
    """Split a text into pieces of at most ``limit`` characters, as few as good cuts allow."""
    pieces = []
    rest = text.strip()
    while len(rest) > limit:
        cut = _best_cut(rest, limit)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces


def _best_cut(text: str, limit: int) -> int:
    for pattern in _BREAKS:
        # Look one character further: what follows a full stop decides whether it counts.
        ends = [found.end() for found in pattern.finditer(text, 1, limit + 1)]
        if fitting := [end for end in ends if end <= limit]:
            return fitting[-1]
    return limit


class SentenceGatherer:
    """Gathers sentences out of text that arrives in pieces of any length.

    A sentence goes out once it is known to be one: a full stop counts when what follows is known.
    One that has no end goes out at its last good cut when it has ``limit`` characters.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._text = ""

    def feed(self, piece: str) -> list[str]:
        """Take a piece; return the sentences that are complete now."""
        self._text += piece
        ends = [found.end() for found in _BREAKS[0].finditer(self._text)]
        if ends and ends[-1] == len(self._text) and self._text[-1] in ".…":
            ends.pop()  # 3. may become 3.50
        cut = ends[-1] if ends else 0
        ready, self._text = self._text[:cut], self._text[cut:]
        sentences = split_text(ready, self._limit)
        if len(self._text) >= self._limit:
            *full, self._text = split_text(self._text, self._limit)
            sentences += full
        return sentences

    def finish(self) -> list[str]:
        """Return what is left."""
        rest, self._text = self._text, ""
        return split_text(rest, self._limit)
