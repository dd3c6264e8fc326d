"""Letters and digits as callers spell them. Core, no I/O."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from ivr_agi.language.saying import spell_digits
from ivr_agi.language.sentence import AROUND, SentenceReader
from ivr_agi.language.slots.rows import SpokenRow, read_parts, row_text, taking_back
from ivr_agi.language.text import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.language.sentence import Piece

__all__ = ("SPELLED_READER", "apart", "read_spelled", "spell_characters", "without_halves")

SPELLED_READER = SentenceReader(
    ("letter", "nato_digit", "row"),
    (*AROUND, "spell_filler", "digits_filler"),
)
_WORDS_IN_CAPITALS = frozenset({"OK", "PIN", "ID"})
_WRITTEN = re.compile(
    r"(?<![A-Za-z'])(?:[A-Z]{2,}(?![A-Za-z'])|[A-Za-z]{1,6}(?=\d)|(?<=\d)[A-Za-z]{1,6}(?![A-Za-z]))"
)
"""Letters of a code that the recogniser wrote: in capitals, or beside digits."""
_HALF = re.compile(r"(?<![a-z'])([ap])[. ]+(m)(?![a-z'])", re.IGNORECASE)
_ORDINALS = frozenset({"st", "nd", "rd", "th"})


def apart(text: str) -> str:
    """Put blanks between the letters of a code that is written in one piece: AB12."""

    def split(match: re.Match[str]) -> str:
        word = match[0]
        if word in _WORDS_IN_CAPITALS or word in _ORDINALS:
            return word
        return f" {' '.join(word)} "

    return without_halves(_WRITTEN.sub(split, unicodedata.normalize("NFKC", text)))


def without_halves(text: str) -> str:
    """Put a pause between A and M, which are no half of a day here."""
    return _HALF.sub(r"\1 , \2", text)


def read_spelled(text: str) -> SpokenRow:
    """Read letters and digits: "A B twelve", "B as in Bravo", "double T", 字母A.

    O between digits is a zero, and beside one it is doubtful.
    """
    pieces = taking_back(SPELLED_READER.read(apart(text)))
    is_doubtful = False

    def take(index: int) -> str | None:
        nonlocal is_doubtful
        piece = pieces[index]
        if piece.role not in SPELLED_READER.values:
            return None
        if piece.words == ("o",):
            sides = [_is_digit(pieces, index - 1), _is_digit(pieces, index + 1)]
            is_doubtful |= any(sides)
            return "0" if sides[0] and (sides[1] or index + 1 == len(pieces)) else "O"
        return row_text(piece)

    row = read_parts(pieces, take)
    row.is_doubtful |= is_doubtful
    return row


def _is_digit(pieces: Sequence[Piece], index: int) -> bool:
    return 0 <= index < len(pieces) and pieces[index].role in {"row", "nato_digit"}


def spell_characters(value: str, language: Language) -> str:
    """Return letters and digits one by one in words, so that they are heard as what they are."""
    spoken = []
    for at, char in enumerate(value):
        if char.isdigit():
            spoken.append(spell_digits(char, language))
        elif char.upper() == "O" and any(
            side.isdigit() for side in (value[at - 1 : at], value[at + 1 : at + 2])
        ):
            spoken.append("字母O" if language is Language.CHINESE else "letter O")
        else:
            spoken.append(char.upper())
    return " ".join(spoken) if language is Language.ENGLISH else "，".join(_grouped(spoken))


def _grouped(spoken: Sequence[str]) -> list[str]:
    """Join what is spoken in groups of four, with a pause between."""
    return [" ".join(spoken[at : at + 4]) for at in range(0, len(spoken), 4)]
