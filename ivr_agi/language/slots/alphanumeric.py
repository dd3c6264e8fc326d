"""Letters and digits: a booking code, a serial number. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.rows import judge_row
from ivr_agi.language.slots.spelled import SPELLED_READER, read_spelled, spell_characters

if TYPE_CHECKING:
    from ivr_agi.language.text import Language

__all__ = ("Alphanumeric",)


@dataclass(frozen=True, kw_only=True)
class Alphanumeric(Slot[str]):
    """Letters and digits as ``str`` in capitals, without separators: ``AB12``."""

    min_length: int = 1
    max_length: int = 32

    reader: ClassVar = SPELLED_READER
    in_breaths: ClassVar = True
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.TOO_SHORT,
        Reason.TOO_LONG,
        Reason.NOT_KEYED,
    )

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Read "A B one two", "Alpha Bravo", "B as in Bob", "double T", 两个A."""
        return judge_row(read_spelled(text), self._check)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Reject: letters have no keys."""
        return Rejected(Reason.NOT_KEYED)

    def read_back(self, value: str, language: Language) -> str:
        """Return the characters one by one."""
        return spell_characters(value, language)

    def _check(self, characters: str) -> Parsed[str] | Rejected:
        if not characters:
            return Rejected(Reason.NOT_UNDERSTOOD)
        if len(characters) < self.min_length:
            return Rejected(Reason.TOO_SHORT)
        if len(characters) > self.max_length:
            return Rejected(Reason.TOO_LONG)
        return Parsed(characters)
