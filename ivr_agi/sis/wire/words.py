"""Words with times, from the pieces that the service gives.

Core, no I/O. Chinese comes as one character per piece. English comes as pieces of words in upper
case, where U+2581 marks the first of each: ``▁HE``, ``LL``, ``O``.

Source: ``sis-protocol.md`` 4.2, notes (``word_info``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.sis.wire.messages import WordInfo

__all__ = ("TimedWord", "join_pieces")

_WORD_START = "\N{LOWER ONE EIGHTH BLOCK}"


@dataclass(frozen=True, kw_only=True)
class TimedWord:
    """One word, or one Chinese character, and when it was said."""

    text: str
    start_ms: int
    """Milliseconds since the first audio of the session."""
    end_ms: int
    """Milliseconds since the first audio of the session."""


def join_pieces(pieces: Iterable[WordInfo]) -> tuple[TimedWord, ...]:
    """Whole words: pieces are joined up to the next mark; without marks, each is a word."""
    words: list[TimedWord] = []
    in_marked_word = False
    for piece in pieces:
        text = piece.word.removeprefix(_WORD_START)
        is_marked = text != piece.word
        if in_marked_word and not is_marked:
            first = words.pop()
            words.append(
                TimedWord(text=first.text + text, start_ms=first.start_ms, end_ms=piece.end_time)
            )
        else:
            words.append(TimedWord(text=text, start_ms=piece.start_time, end_ms=piece.end_time))
        in_marked_word = in_marked_word or is_marked
    return tuple(words)
