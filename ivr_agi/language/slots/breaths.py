"""Puts an answer together that is given in several breaths, in words and keys. Core, no I/O.

"One three eight" ... "one two three four" ... is one phone number, and the rest may be keyed. A
piece may take back the last one ("no, ...", 不对), its end ("the last one is seven"), or all of
them ("start over", 重来). Who says all of it again means it once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ivr_agi.language.chinese import ZH_START_OVER, ZH_TAKE_BACK
from ivr_agi.language.english import EN_START_OVER, EN_TAKE_BACK
from ivr_agi.language.grammar import Chart
from ivr_agi.language.rules import answer_rules
from ivr_agi.language.slots.base import Parsed, Reason, Rejected
from ivr_agi.language.slots.rows import row_text, with_noise
from ivr_agi.language.tokens import split_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.language.slots.base import Slot

__all__ = ("Breaths",)

_T = TypeVar("_T")

_START_OVER = re.compile(rf"^.*(?:{'|'.join((*EN_START_OVER, *ZH_START_OVER))})", re.IGNORECASE)
_TAKE_BACK = re.compile(
    rf"^.*(?:\b(?:{'|'.join(EN_TAKE_BACK)})\b|{'|'.join(ZH_TAKE_BACK)})", re.IGNORECASE
)
_END_PART = "end_part"
"""The rule of "the last one is"."""

MAX_PIECES = 20
"""An answer with more pieces is too long; no number needs so many."""


@dataclass(frozen=True)
class _Piece:
    """What was said or pressed in one breath."""

    text: str
    is_keyed: bool = False


class Breaths(Generic[_T]):
    """Collects one answer: digits, a phone number, an ID card, a plate.

    :meth:`hear` and :meth:`press` return the slot's answer to all pieces so far. While it is
    ``TOO_SHORT``, listening continues. A rejected piece is not kept.
    """

    def __init__(self, slot: Slot[_T]) -> None:
        self._slot = slot
        self._pieces: list[_Piece] = []

    @property
    def has_pieces(self) -> bool:
        """Whether a piece was given already."""
        return bool(self._pieces)

    @property
    def characters(self) -> str:
        """The digits and letters so far."""
        return self._characters(self._pieces) if self._pieces else ""

    def hear(self, text: str) -> Parsed[_T] | Rejected:
        """Add what was said in one breath."""
        before = self._pieces
        if match := _START_OVER.match(text):
            before, text = [], text[match.end() :]
            self.clear()
        elif match := _TAKE_BACK.match(text):
            before, text = before[:-1], text[match.end() :]
        if (corrected := self._correct_end(text)) is not None:
            return corrected
        if _is_empty(text):
            self._pieces = before
            return Rejected(Reason.TOO_SHORT if before else Reason.NOT_UNDERSTOOD)
        return self._add(before, _Piece(text))

    def press(self, keys: str) -> Parsed[_T] | Rejected:
        """Add keys."""
        return self._add(self._pieces, _Piece(keys, is_keyed=True))

    def clear(self) -> None:
        """Forget all pieces."""
        self._pieces = []

    def __repr__(self) -> str:
        return f"<Breaths {len(self._pieces)} pieces>"

    def _add(self, before: Sequence[_Piece], piece: _Piece) -> Parsed[_T] | Rejected:
        """Add a piece to those before it, or take it for all of the answer said again."""
        if len(before) >= MAX_PIECES:
            return Rejected(Reason.TOO_LONG)
        alone = self._parse([piece])
        together = [*before, piece]
        result = self._parse(together)
        if not (piece.is_keyed or self._completes(before, result)):
            if not self._says_something(piece.text, alone):
                return Rejected(Reason.NOT_UNDERSTOOD)
        if _is_good(result):
            self._pieces = together
        elif before and isinstance(alone, Parsed):
            self._pieces, result = [piece], alone
        return result

    def _completes(self, before: Sequence[_Piece], result: Parsed[_T] | Rejected) -> bool:
        """Return whether an answer is one now, and was none before."""
        if not (before and isinstance(result, Parsed) and result.is_sure):
            return False
        return isinstance(self._parse(before), Rejected)

    def _correct_end(self, text: str) -> Parsed[_T] | Rejected | None:
        """Replace the end of what was said: "the last one is seven"; None: it is no such words."""
        tokens = split_tokens(text)
        if not self._pieces or not tokens:
            return None
        ends = Chart(tokens).find(answer_rules()[_END_PART], 0)
        if not ends or max(ends) == len(tokens):
            return None
        end = self._characters([_Piece(" ".join(tokens[max(ends) :]))])
        so_far = self._characters(self._pieces)
        if not end or len(end) >= len(so_far):
            return None
        corrected = [_Piece(" ".join(so_far[: -len(end)] + end))]
        result = self._parse(corrected)
        if _is_good(result):
            self._pieces = corrected
        return result

    def _parse(self, pieces: Sequence[_Piece]) -> Parsed[_T] | Rejected:
        """Read pieces: keys alone as keys, otherwise as words."""
        if all(piece.is_keyed for piece in pieces):
            return self._slot.parse_keys("".join(piece.text for piece in pieces))
        return self._slot.parse(" ".join(map(_as_words, pieces)))

    def _says_something(self, text: str, alone: Parsed[_T] | Rejected) -> bool:
        """Return whether a piece has part of an answer in it, though it may be none alone."""
        if isinstance(alone, Parsed) or alone.reason is not Reason.NOT_UNDERSTOOD:
            return True
        return self._has_pieces_of_value(text)

    def _has_pieces_of_value(self, text: str) -> bool:
        reader: Any = getattr(self._slot, "reader", None)
        if reader is None or "plate_letter" not in reader.values:
            return False
        roles = {piece.role for piece in with_noise(reader.read(text))}
        return "left_over" not in roles and not roles.isdisjoint(reader.values)

    def _characters(self, pieces: Sequence[_Piece]) -> str:
        """Return the digits and letters of pieces, as far as the slot knows them."""
        reader: Any = getattr(self._slot, "reader", None)
        if reader is None:
            return ""
        found = with_noise(reader.read(" ".join(map(_as_words, pieces))))
        text = "".join(row_text(piece) for piece in found if piece.role in reader.values)
        return text if text.isalnum() else ""  # what else there is, is not made of characters


def _is_good(result: Parsed[Any] | Rejected) -> bool:
    return isinstance(result, Parsed) or result.reason is Reason.TOO_SHORT


def _is_empty(text: str) -> bool:
    return not text.strip(" ,.，。!?！？")


def _as_words(piece: _Piece) -> str:
    """Write keys as words: the star stands for the X of an ID card."""
    return " ".join(piece.text.replace("*", "x")) if piece.is_keyed else piece.text
