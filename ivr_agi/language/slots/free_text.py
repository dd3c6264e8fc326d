"""Free text: the caller's words, as they were heard. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot

if TYPE_CHECKING:
    from ivr_agi.language.text import Language

__all__ = ("FreeText",)


@dataclass(frozen=True, kw_only=True)
class FreeText(Slot[str]):
    """Any words, as ``str`` with single blanks."""

    min_length: int = 1
    """Characters."""
    max_length: int = 500

    is_open: ClassVar = True
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.TOO_SHORT,
        Reason.TOO_LONG,
        Reason.NOT_KEYED,
    )

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Take the words. Control characters become blanks."""
        printable = "".join(char if char.isprintable() else " " for char in text)
        value = " ".join(printable.split())
        if not any(char.isalnum() for char in value):
            return Rejected(Reason.NOT_UNDERSTOOD)
        if len(value) < self.min_length:
            return Rejected(Reason.TOO_SHORT)
        if len(value) > self.max_length:
            return Rejected(Reason.TOO_LONG)
        return Parsed(value)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Reject: text has no keys."""
        return Rejected(Reason.NOT_KEYED)

    def read_back(self, value: str, language: Language) -> str:
        """Return the words."""
        return value
