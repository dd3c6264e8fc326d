"""Secrets, and texts from outside: what no log, ``repr`` or error shows.

Core, no I/O. Whatever a service says may end in a log, a journal, a variable or on a terminal. It
passes :func:`clean_text` once, where it becomes part of an error or of an event.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
import urllib.parse
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


def _forms(secret: str) -> set[str]:
    """Return a secret as it may come back: in a URL, in JSON, in a header of HTTP."""
    data = secret.encode("utf-8", "surrogatepass")
    quoted = {urllib.parse.quote(data, safe=safe) for safe in ("", "/")}
    in_json = json.dumps(secret)[1:-1]
    return {secret, *quoted, in_json, base64.b64encode(data).decode().rstrip("=")}


def printable(text: str) -> str:
    """Return a text as one line that does nothing to a terminal: other signs become escapes.

    For what people have written, and files are called: nothing of it is left out.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or unicodedata.category(char) == "Zs" else _escaped(char)
        for char in text
    )


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()


def clean_text(text: str, limit: int = MAX_TEXT, *, secrets: Iterable[str] = ()) -> str:
    """Return a text from outside as one printable line, with secrets masked, cut to a limit.

    Args:
        text: What a service, a peer or a library said.
        limit: Most characters.
        secrets: What is masked beside all secrets that are in use.
    """
    is_cut = len(text) > _MAX_LOOKED_AT
    text = text[:_MAX_LOOKED_AT]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    for secret in (*secrets, *(known.reveal() for known in list(_known.values()))):
        if len(secret) >= _MIN_SECRET:
            for form in _forms(secret):
                text = re.sub(re.escape(form), "***", text, flags=re.IGNORECASE)
            if is_cut:  # perhaps within the secret
                text = text[: -2 * len(secret)]
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
