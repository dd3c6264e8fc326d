"""Which keys make an answer: how many, and what ends it. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from ivr_agi.agi.text import ALL_KEYS

__all__ = ("KeyCollector", "KeyRules")


@dataclass(frozen=True, kw_only=True)
class KeyRules:
    """How many keys make an answer; by default one, as in a menu.

    Raises:
        ValueError: The numbers contradict each other, or the terminator is no single key.
    """

    min_keys: int = 1
    """Fewer are an incomplete answer."""
    max_keys: int = 1
    """As many end the answer, without waiting for more."""
    terminator: str = ""
    """Key that ends the answer and is no part of it; empty means none (VoiceXML ``termchar``)."""

    def __post_init__(self) -> None:
        if not 0 <= self.min_keys <= self.max_keys or self.max_keys < 1:
            raise ValueError(f"no answer has {self.min_keys} to {self.max_keys} keys")
        if self.terminator and self.terminator not in tuple(ALL_KEYS):
            raise ValueError(f"{self.terminator!r} is no key")


class KeyCollector:
    """Collects the keys of one answer.

    Args:
        rules: When it is complete, and when it ends.
    """

    def __init__(self, rules: KeyRules) -> None:
        self.keys = ""
        """The keys so far, without the terminator."""
        self._rules = rules

    @property
    def is_complete(self) -> bool:
        """There are enough keys."""
        return len(self.keys) >= self._rules.min_keys

    def add(self, key: str) -> bool:
        """Take a key; return True if it is the last one."""
        if key == self._rules.terminator:
            return True
        self.keys += key
        return len(self.keys) >= self._rules.max_keys
