"""Words with times: heard ones from their pieces, and spoken ones.

Core, no I/O. Heard Chinese comes as one character per piece. English comes as pieces of words in
upper case, where U+2581 marks the first of each: ``▁HE``, ``LL``, ``O``.

Source: ``sis-protocol.md`` 4.2, notes (``word_info``), and 9 (``subtitle``).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.sis.wire.messages import SubtitleInfo, WordInfo

__all__ = ("Phoneme", "Subtitle", "TimedWord", "join_pieces", "make_subtitle", "shifted")

_WORD_START = "\N{LOWER ONE EIGHTH BLOCK}"


@dataclass(frozen=True, kw_only=True)
class TimedWord:
    """One word, or one Chinese character, and when it was said."""

    text: str
    start_ms: int
    """Milliseconds since the first audio of the session."""
    end_ms: int
    """Milliseconds since the first audio of the session."""


@dataclass(frozen=True, kw_only=True)
class Phoneme:
    """One sound of a synthesised word."""

    name: str
    start_ms: int
    """Milliseconds since the first audio of the text."""
    end_ms: int
    """Milliseconds since the first audio of the text."""
    index: int
    """Position in the word, from 0."""


@dataclass(frozen=True, kw_only=True)
class Subtitle:
    """One synthesised word and when it sounds (``SynthesisConfig.subtitle``)."""

    text: str
    """Punctuation may stick to it."""
    start_ms: int
    """Milliseconds since the first audio of the text."""
    end_ms: int
    """Milliseconds since the first audio of the text."""
    word_index: int
    """Position in the sentence, from 0."""
    phonemes: tuple[Phoneme, ...] = ()
    """With ``phoneme_level``."""


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


def make_subtitle(word: SubtitleInfo) -> Subtitle:
    """One word of a RESULT of synthesis."""
    return Subtitle(
        text=word.text,
        start_ms=word.start_time,
        end_ms=word.end_time,
        word_index=word.word_index,
        phonemes=tuple(
            Phoneme(
                name=sound.phoneme,
                start_ms=sound.start_time,
                end_ms=sound.end_time,
                index=sound.phoneme_index,
            )
            for sound in word.phonemes or ()
        ),
    )


def shifted(subtitle: Subtitle, by_ms: int) -> Subtitle:
    """The same, later by that much."""
    return dataclasses.replace(
        subtitle,
        start_ms=subtitle.start_ms + by_ms,
        end_ms=subtitle.end_ms + by_ms,
        phonemes=tuple(
            dataclasses.replace(sound, start_ms=sound.start_ms + by_ms, end_ms=sound.end_ms + by_ms)
            for sound in subtitle.phonemes
        ),
    )
