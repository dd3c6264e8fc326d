"""Puts an answer together that is given in several breaths. Core, no I/O.

"One three eight" ... "one two three four" ... is one phone number. A piece may take back the last
one ("no, ...", 不对) or all of them ("start over", 重来).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Generic, TypeVar

from ivr_agi.language.chinese import ZH_START_OVER, ZH_TAKE_BACK
from ivr_agi.language.english import EN_START_OVER, EN_TAKE_BACK
from ivr_agi.language.slots.base import Parsed, Reason, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.language.slots.base import Slot

__all__ = ("Breaths",)

_T = TypeVar("_T")

_START_OVER = re.compile(rf"^.*(?:{'|'.join((*EN_START_OVER, *ZH_START_OVER))})", re.IGNORECASE)
_TAKE_BACK = re.compile(
    rf"^.*(?:\b(?:{'|'.join(EN_TAKE_BACK)})\b|{'|'.join(ZH_TAKE_BACK)})", re.IGNORECASE
)

MAX_PIECES = 20
"""An answer with more pieces is too long; no number needs so many."""


class Breaths(Generic[_T]):
    """Collects one answer: digits, a phone number, an ID card, a plate.

    :meth:`hear` and :meth:`press` return the slot's answer to all pieces so far. While it is
    ``TOO_SHORT``, listening continues. A rejected piece is not kept.
    """

    def __init__(self, slot: Slot[_T]) -> None:
        self._slot = slot
        self._pieces: list[str] = []

    @property
    def has_pieces(self) -> bool:
        """Whether a piece was given already."""
        return bool(self._pieces)

    def hear(self, text: str) -> Parsed[_T] | Rejected:
        """Add what was said in one breath."""
        if match := _START_OVER.match(text):
            self.clear()
            text = text[match.end() :]
        elif match := _TAKE_BACK.match(text):
            del self._pieces[-1:]
            text = text[match.end() :]
        return self._add(text, self._slot.parse, " ")

    def press(self, keys: str) -> Parsed[_T] | Rejected:
        """Add keys. They are read on their own, not together with words."""
        return self._add(keys, self._slot.parse_keys, "")

    def clear(self) -> None:
        """Forget all pieces."""
        self._pieces.clear()

    def __repr__(self) -> str:
        return f"<Breaths {len(self._pieces)} pieces>"

    def _add(
        self, piece: str, parse: Callable[[str], Parsed[_T] | Rejected], joint: str
    ) -> Parsed[_T] | Rejected:
        if not piece.strip(" ,.，。"):
            return Rejected(Reason.TOO_SHORT if self._pieces else Reason.NOT_UNDERSTOOD)
        if len(self._pieces) >= MAX_PIECES:
            return Rejected(Reason.TOO_LONG)
        if isinstance(alone := parse(piece), Rejected) and alone.reason is Reason.NOT_UNDERSTOOD:
            return alone
        result = parse(joint.join((*self._pieces, piece)))
        if isinstance(result, Parsed) or result.reason is Reason.TOO_SHORT:
            self._pieces.append(piece)
        return result
