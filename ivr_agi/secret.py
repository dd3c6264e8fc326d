"""Secrets, and texts from outside: what no log, ``repr`` or error shows.

Core, no I/O. Whatever a service says may end in a log, a journal, a variable or on a terminal. It
passes :func:`clean_text` once, where it becomes part of an error or of an event.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("MAX_TEXT", "Secret", "clean_text", "printable")

MAX_TEXT = 200
"""Most characters of a text from outside in an error."""
_MAX_LOOKED_AT = 1 << 16
_MIN_SECRET = 4
"""Fewer characters are no secret: they would mask words."""


@dataclass(frozen=True, repr=False)
class Secret:
    """A token, password or key; it prints as ``Secret(***)``. While it lives, it is masked."""

    _text: str

    def __post_init__(self) -> None:
        _known[id(self)] = self

    def __repr__(self) -> str:
        return "Secret(***)"

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._text


_known: weakref.WeakValueDictionary[int, Secret] = weakref.WeakValueDictionary()


def printable(text: str) -> str:
    """Return a text as one line that does nothing to a terminal: other signs become escapes.

    For what people have written, and files are called: nothing of it is left out.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def clean_text(text: str, limit: int = MAX_TEXT, *, secrets: Iterable[str] = ()) -> str:
    """Return a text from outside as one printable line, with secrets masked, cut to a limit.

    Args:
        text: What a service, a peer or a library said.
        limit: Most characters.
        secrets: What is masked beside all secrets that are in use.
    """
    text = text[:_MAX_LOOKED_AT]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    for secret in (*secrets, *(known.reveal() for known in list(_known.values()))):
        if len(secret) >= _MIN_SECRET:
            text = text.replace(secret, "***")
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
