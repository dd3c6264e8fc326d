"""One of a list: the choices of a menu as a slot. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ivr_agi.language.choosing import choose
from ivr_agi.language.matching import Bands, Decision, match_key
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.text import Language

__all__ = ("ListOption", "OneOf")


@dataclass(frozen=True)
class ListOption:
    """One entry of the list."""

    value: str
    words: tuple[str, ...]
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class OneOf(Slot[str]):
    """The ``value`` of one of a few options, as ``str``."""

    options: tuple[ListOption, ...]
    bands: Bands = field(default_factory=Bands)

    is_choice: ClassVar = True
    reasons: ClassVar = (Reason.NOT_UNDERSTOOD, Reason.AMBIGUOUS)

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Match the words, or "the second one", "anything but the first".

        A likely option has to be confirmed; two similar ones are ambiguous.
        """
        found = choose(text, self.options, bands=self.bands)
        if found.decision is Decision.NO_MATCH or found.best is None:
            return Rejected(Reason.NOT_UNDERSTOOD)
        if found.decision is Decision.ACCEPT:
            return Parsed(found.best.choice.value)
        if found.is_close:
            return Rejected(Reason.AMBIGUOUS)
        return Parsed(found.best.choice.value, is_sure=False)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Read one key."""
        option = match_key(keys, self.options)
        return Parsed(option.value) if option else Rejected(Reason.NOT_UNDERSTOOD)

    def is_complete(self, keys: str) -> bool:
        """Tell that one key is enough."""
        return bool(keys)

    def read_back(self, value: str, language: Language) -> str:
        """Return the option's first words in the language, or else its first words."""
        words = next((option.words for option in self.options if option.value == value), (value,))
        is_english = language is Language.ENGLISH
        return next((word for word in words if word.isascii() == is_english), words[0])
