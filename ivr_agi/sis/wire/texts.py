"""Splits a text into pieces that a voice takes in one synthesis.

Core, no I/O. A long text is cut at the end of a sentence, Chinese or English; a sentence that is
too long, at a comma, else between words, else anywhere.

Source: ``sis-protocol.md`` 9 (``text``), 11 (SSML).
"""

from __future__ import annotations

import re

from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.ssml import check_ssml, is_ssml
from ivr_agi.sis.wire.voices import vendor_voice

__all__ = ("speakable_pieces", "split_text")

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
