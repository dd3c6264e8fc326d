"""A type of answers of one's own: a member's number, whose last two digits check the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivr_agi import Digits, Parsed, Reason, Rejected, Slot
from ivr_agi.language.text import Language

__all__ = ("Member",)


@dataclass(frozen=True, kw_only=True)
class Member(Slot[str]):
    """A member's number, as ``str``."""

    length: int = 6

    in_breaths: ClassVar = True
    reasons: ClassVar = (*Digits.reasons, Reason.CHECK_DIGIT)

    @property
    def _digits(self) -> Digits:
        return Digits(min_length=self.length, max_length=self.length)

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Read digits, and check them."""
        return self._check(self._digits.parse(text))

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Read keys, and check them."""
        return self._check(self._digits.parse_keys(keys))

    def is_complete(self, keys: str) -> bool:
        """Tell whether all digits are there."""
        return self._digits.is_complete(keys)

    def read_back(self, value: str, language: Language) -> str:
        """Return the digits in words."""
        return self._digits.read_back(value, language)

    def _check(self, parsed: Parsed[str] | Rejected) -> Parsed[str] | Rejected:
        if isinstance(parsed, Rejected) or int(parsed.value) % 97 == 1:
            return parsed
        return Rejected(Reason.CHECK_DIGIT)
