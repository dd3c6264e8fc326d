"""A number, whole or with a fraction. Core, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.saying import MOST, spell_number
from ivr_agi.language.sentence import AROUND, Piece, SentenceReader, understand
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot, check_range, decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.language.text import Language

__all__ = ("Number", "read_keyed")

_DIGITS = frozenset(map(Decimal, range(10)))
_AND = frozenset("and plus with 和 跟 加 带 与".split())
"""Between two numbers, they say that both count."""
_READER = SentenceReader(("number",), (*AROUND, "number_filler", "number_void"))


def read_keyed(keys: str) -> Decimal | None:
    """Return the number that keys mean, with ``*`` as the decimal point, or None."""
    if not re.fullmatch(r"[0-9]{1,12}(?:\*[0-9]{1,6})?", keys):
        return None
    return Decimal(keys.replace("*", "."))


@dataclass(frozen=True, kw_only=True)
class Number(Slot[Decimal]):
    """A number as ``Decimal``."""

    minimum: Decimal | int | None = None
    maximum: Decimal | int | None = None
    is_whole: bool = True

    reader: ClassVar = _READER
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.NOT_WHOLE,
        Reason.TOO_SMALL,
        Reason.TOO_LARGE,
    )

    def parse(self, text: str) -> Parsed[Decimal] | Rejected:
        """Read one number in words or digits. Single digits in a row are one number."""
        pieces = _join_digits(_READER.read(text))
        if _are_added(pieces):
            return Rejected(Reason.AMBIGUOUS)
        return decide(understand(pieces, _READER.values), lambda value: self._check(Decimal(value)))

    def parse_keys(self, keys: str) -> Parsed[Decimal] | Rejected:
        """Read keys. ``*`` is the decimal point."""
        value = read_keyed(keys)
        return Rejected(Reason.NOT_UNDERSTOOD) if value is None else self._check(value)

    def read_back(self, value: Decimal, language: Language) -> str:
        """Return the number in words."""
        return spell_number(value, language)

    def _check(self, value: Decimal) -> Parsed[Decimal] | Rejected:
        if abs(value) >= MOST:
            return Rejected(Reason.TOO_LARGE if value > 0 else Reason.TOO_SMALL)
        value = value.normalize() + 0
        if self.is_whole and value != value.to_integral_value():
            return Rejected(Reason.NOT_WHOLE)
        high = MOST - 1 if self.maximum is None else self.maximum
        return check_range(
            value, self.minimum, high, below=Reason.TOO_SMALL, above=Reason.TOO_LARGE
        ) or Parsed(value.quantize(Decimal(1)) if value == value.to_integral_value() else value)


def _are_added(pieces: Sequence[Piece]) -> bool:
    """Tell whether numbers are to be added: "two adults and two kids"; not "two, two of us"."""
    between: set[str] | None = None
    for piece in pieces:
        if piece.role == "number":
            if between is not None and between & _AND:
                return True
            between = set()
        elif between is not None:
            between.update(piece.words)
    return False


def _join_digits(pieces: Sequence[Piece]) -> list[Piece]:
    """Make one number of single digits in a row: "one two three"."""
    joined: list[Piece] = []
    in_row = False
    for piece in pieces:
        is_digit = _is_digit(piece)
        if in_row and is_digit:
            before = joined[-1]
            value = Decimal(before.found[0].value) * 10 + Decimal(piece.found[0].value)
            found = piece.found[0]._replace(value=value)
            joined[-1] = Piece(piece.role, before.words + piece.words, (found,))
        else:
            joined.append(piece)
        in_row = is_digit
    return joined


def _is_digit(piece: Piece) -> bool:
    if piece.role not in _READER.values or len(piece.words) != 1 or len(piece.found) != 1:
        return False
    return Decimal(piece.found[0].value) in _DIGITS
