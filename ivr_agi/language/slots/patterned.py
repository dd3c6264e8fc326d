"""Answers of a form of one's own: ``[A-Z]{2}[0-9]{6}``. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.patterns import Pattern, compile_pattern
from ivr_agi.language.sentence import LEFT_OVER
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.rows import judge_row
from ivr_agi.language.slots.spelled import SPELLED_READER, apart, read_spelled, spell_characters

if TYPE_CHECKING:
    from ivr_agi.language.text import Language

__all__ = ("Patterned",)


@dataclass(frozen=True, kw_only=True)
class Patterned(Slot[str]):
    """Letters and digits of one form as ``str`` in capitals.

    Args:
        pattern: What words have to be (:mod:`ivr_agi.language.patterns`).
        keys: What keys have to be, if it is another form; else ``pattern``, if digits can be that.
    """

    pattern: str
    keys: str | None = None

    reader: ClassVar = SPELLED_READER
    in_breaths: ClassVar = True

    def __post_init__(self) -> None:
        """Compile both, for their faults: a ``ValueError``."""
        compile_pattern(self.pattern)
        if self.keys is not None and not compile_pattern(self.keys).only():
            raise ValueError(f"no keys have the form {self.keys!r}: digits do")

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Those of spelled words; without keys, if no digits have the form."""
        found = (Reason.NOT_UNDERSTOOD, Reason.AMBIGUOUS, Reason.TOO_SHORT, Reason.NO_PATTERN)
        return found if self._keyed.only() else (*found, Reason.NOT_KEYED)

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Read letters and digits, and words that are a part of the pattern: "VIP one two"."""
        if (whole := self._word_for_word(text)) is not None:
            return Parsed(whole)
        return judge_row(read_spelled(text), lambda said: _check(self._compiled, said))

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Read keys. ``*`` and ``#`` are no characters."""
        if not self._keyed.only():
            return Rejected(Reason.NOT_KEYED)
        return _check(self._keyed, keys if keys.isdecimal() and keys.isascii() else "")

    def is_complete(self, keys: str) -> bool:
        """Tell whether no longer row of keys has the form."""
        return self._keyed.is_full(keys)

    def read_back(self, value: str, language: Language) -> str:
        """Return the characters one by one."""
        return spell_characters(value, language)

    @property
    def _compiled(self) -> Pattern:
        return compile_pattern(self.pattern)

    @property
    def _keyed(self) -> Pattern:
        return self._compiled if self.keys is None else compile_pattern(self.keys)

    def _word_for_word(self, text: str) -> str | None:
        """Return an answer whose words are parts of the pattern themselves: "gold one two"."""
        pieces = SPELLED_READER.read(apart(text))
        said = [
            "".join(piece.words) if piece.role == LEFT_OVER else str(piece.found[0].value)
            for piece in pieces
            if piece.role == LEFT_OVER or piece.role in SPELLED_READER.values
        ]
        is_plain = all(piece.role in {LEFT_OVER, *SPELLED_READER.values, ","} for piece in pieces)
        written = "".join(said).upper()
        return written if is_plain and self._compiled.fits(written) else None


def _check(pattern: Pattern, characters: str) -> Parsed[str] | Rejected:
    if not characters:
        return Rejected(Reason.NOT_UNDERSTOOD)
    if pattern.fits(characters):
        return Parsed(characters)
    for zero in {characters.replace("O", "0"), characters.replace("0", "O")} - {characters}:
        if pattern.fits(zero):  # O and 0 sound alike, and only one of them has the form
            return Parsed(zero)
    return Rejected(Reason.TOO_SHORT if pattern.may_begin(characters) else Reason.NO_PATTERN)
