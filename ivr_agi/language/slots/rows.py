"""Rows of digits as callers say them: digits, phone numbers, ID cards. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr_agi.language.sentence import AROUND, LEFT_OVER, Piece, SentenceReader
from ivr_agi.language.slots.base import Parsed, Reason, Rejected
from ivr_agi.language.tokens import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

__all__ = (
    "ROW_READER",
    "SpokenRow",
    "judge_row",
    "read_parts",
    "read_row",
    "row_text",
    "taking_back",
    "with_noise",
)

ROW_READER = SentenceReader(
    ("row",), ("digits_noise", *AROUND, "digits_filler", "plus", "letter_x")
)
_MERE = (("no",), ("不",))
"""Words that take back what stands before, or negate what stands after."""
_FEW = 2
"""So few digits among words that nothing explains are ordinary words: "I don't have one"."""


@dataclass
class SpokenRow:
    """What a sentence says about a row of digits."""

    digits: str = ""
    """Digits, and the signs that were asked for."""
    is_doubtful: bool = False
    """Words are left over, or it is said to be a guess."""
    is_ambiguous: bool = False
    """It has several rows, or one is taken back and none is given instead."""


@dataclass
class _Reading:
    parts: list[str | tuple[str, str]] = field(default_factory=list)
    given_up: list[str | tuple[str, str]] | None = None
    """What was said before a correction."""
    left_over: int = 0
    is_torn: bool = False
    """Words that nothing explains stand between digits."""
    is_guess: bool = False
    is_open: bool = False
    negates: bool = False
    """The digits that follow are those that are not meant, up to the next other word."""


def read_row(text: str, *, signs: str = "") -> SpokenRow:
    """Read the digits of a sentence, in order.

    Reads single digits, pairs ("twenty three" is 23), "double five", "one eight hundred", 三个五,
    幺, 两 and 洞. Words that sound like a digit (to, for, 要) count between digits. After a
    correction ("no, ...", 不对) the digits that follow it count.

    Args:
        text: Any text.
        signs: Signs that count, too: ``+`` and ``x``.
    """
    pieces = with_noise(ROW_READER.read(text))

    def take(index: int) -> str | tuple[str, str] | None:
        role = pieces[index].role
        sign = {"plus": "+", "letter_x": "x"}.get(role, "")
        if role == "row":
            found: str | tuple[str, str] = pieces[index].found[0].value
            return found
        return sign if sign and sign in signs and _counts(sign, pieces, index) else None

    strange = {LEFT_OVER} if "x" in signs else {LEFT_OVER, "letter_x"}
    return read_parts(pieces, take, strange=strange)


def read_parts(
    pieces: Sequence[Piece],
    take: Callable[[int], str | tuple[str, str] | None],
    *,
    strange: Collection[str] = (LEFT_OVER,),
) -> SpokenRow:
    """Put characters together that a sentence says one after the other.

    Args:
        pieces: The sentence.
        take: Returns the characters that the piece at a place means (two readings: alone, and among
            others), or None.
        strange: Roles of words that nothing explains.
    """
    reading = _Reading()
    gap = False
    for index, piece in enumerate(pieces):
        role = piece.role
        characters = take(index)
        if characters is not None:
            if gap and reading.parts:
                reading.is_torn = True
            gap = False
            reading.parts.append(characters)
            reading.is_guess |= piece.found[0].is_doubtful if piece.found else False
            continue
        if reading.negates and reading.parts:
            reading.negates, reading.parts = False, []
            if piece.words == ("but",):  # "not 1234 but 4321"
                continue
        if (
            role == "or"
            and reading.parts
            and any(take(later) is not None for later in range(index, len(pieces)))
        ):
            reading.is_torn = True
        if role in strange:
            gap = True
            reading.left_over += 1
        elif role == "take_back" and reading.parts:
            reading.given_up, reading.parts, gap = reading.parts, [], False
            reading.is_torn |= _may_negate_one(pieces, index, take)
        elif role == "is_not" and reading.parts:
            reading.is_torn = True
        elif role in {"not", "is_not"}:
            reading.negates = True
        elif role in {"not_after", "except"}:
            reading.is_open = True
        elif role in {"about", "bound", "or"}:
            reading.is_guess = True
    return _sum_up(reading)


def _may_negate_one(
    pieces: Sequence[Piece], index: int, take: Callable[[int], str | tuple[str, str] | None]
) -> bool:
    """Tell whether a mere "no" may negate one character: "A B C, no C, A B"."""
    if pieces[index].words not in _MERE or index + 3 >= len(pieces):
        return False
    is_apart = pieces[index + 2].role == PAUSE and pieces[index + 1].role != PAUSE
    if not is_apart or take(index + 1) is None:
        return False
    following = [take(later) is not None for later in range(index + 3, len(pieces))]
    return following[:2] == [True, True]


def judge_row(
    row: SpokenRow, check: Callable[[str], Parsed[str] | Rejected]
) -> Parsed[str] | Rejected:
    """Return what a slot makes of a row, doubtful or ambiguous as the row is.

    Args:
        row: What was said.
        check: Takes digits and signs.
    """
    if row.is_ambiguous:
        return Rejected(Reason.AMBIGUOUS)
    result = check(row.digits)
    if isinstance(result, Parsed) and row.is_doubtful:
        return Parsed(result.value, is_sure=False)
    return result


def _counts(sign: str, pieces: Sequence[Piece], index: int) -> bool:
    """Tell whether a plus stands before a digit; an X always counts."""
    following = pieces[index + 1 : index + 2]
    return sign != "+" or bool(following and following[0].role == "row")


def with_noise(pieces: Sequence[Piece]) -> list[Piece]:
    """Take words that sound like a digit for it between digits, and else for nothing."""
    spoken = [piece for piece in taking_back(pieces) if piece.role != ","]
    result: list[Piece] = []
    for index, piece in enumerate(spoken):
        if piece.role == "digits_noise":
            before = index > 0 and spoken[index - 1].role in {"row", "digits_noise"}
            rest = (each.role for each in spoken[index + 1 :] if each.role != "digits_noise")
            is_digit = before and bool(result and result[-1].role == "row")
            is_digit = is_digit and next(rest, "") == "row"
            found = piece.found[0]._replace(value=str(piece.found[0].value))
            result.append(Piece("row" if is_digit else "filler", piece.words, (found,)))
        else:
            result.append(piece)
    return result


def taking_back(pieces: Sequence[Piece]) -> list[Piece]:
    """Take 不是 before a pause for a correction: "一二三四不是，一二三五"; else it negates."""
    return [
        piece._replace(role="take_back")
        if piece.role == "is_not" and [each.role for each in pieces[at + 1 : at + 2]] == [PAUSE]
        else piece
        for at, piece in enumerate(pieces)
    ]


def _sum_up(reading: _Reading) -> SpokenRow:
    digits = _join(reading.parts)
    if reading.given_up is not None:
        given_up = _join(reading.given_up)
        if len(digits) < len(given_up):  # all of it, or its end?
            return SpokenRow(digits or given_up, is_ambiguous=True)
    few = reading.left_over and len(digits) <= _FEW and not reading.is_torn
    if reading.negates or reading.is_open or few:
        return SpokenRow()
    return SpokenRow(
        digits,
        is_doubtful=bool(reading.left_over) or reading.is_guess,
        is_ambiguous=reading.is_torn,
    )


def row_text(piece: Piece) -> str:
    """Return the digits of one piece among others."""
    value = piece.found[0].value
    return str(value[1]) if isinstance(value, tuple) else str(value)


def _join(parts: Sequence[str | tuple[str, str]]) -> str:
    """Join the parts. "Eight hundred five" is 805 alone, and 8005 among others."""
    alone = len(parts) == 1
    return "".join(part if isinstance(part, str) else part[0 if alone else 1] for part in parts)
