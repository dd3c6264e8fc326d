"""A text that no log, ``repr`` or error shows.

Core, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ("Secret",)


@dataclass(frozen=True, repr=False)
class Secret:
    """A token, password or key; it prints as ``Secret(***)``."""

    _text: str

    def __repr__(self) -> str:
        return "Secret(***)"

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._text
