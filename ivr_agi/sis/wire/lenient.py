"""A second look at messages that are not as they should be, before they are given up.

Core, no I/O. The vendor's documents print messages that are no JSON (a comma before a closing
brace, single quotes), and names of events with letters missing. A service may send what its
documents print. What we send is strict.

Source: ``sis-protocol.md`` 4.2 (notes on printed examples).
"""

from __future__ import annotations

import difflib
import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ("mend_json", "mend_name", "mend_type")

_TOKENS = re.compile(
    r'"(?:[^"\\]|\\.)*"'  # a text, left as it is
    r"|'((?:[^'\\\"]|\\.)*)'"  # a text in single quotes
    r"|,(?=\s*[}\]])",  # a comma with nothing after it
    re.DOTALL,
)
_TYPE = re.compile(r'("resp_type"\s*:\s*")([^"\\]{1,40})(")')
_ALIKE = 0.8
"""Similarity of two names, 0 to 1: ``EXCEED_SLIENCE`` and ``EXCEEDED_SILENCE`` have 0.87,
``VOICE_START`` and ``VOICE_END`` 0.6."""


def mend_json(message: str | bytes) -> str:
    """Return a message with what the vendor's printed messages have wrong put right."""
    text = message if isinstance(message, str) else message.decode(errors="replace")
    return _TOKENS.sub(_mend_token, text.lstrip("\ufeff"))


def _mend_token(found: re.Match[str]) -> str:
    token = found[0]
    if token.startswith('"'):
        return token
    return "" if token == "," else f'"{found[1]}"'


def mend_type(text: str, known: Collection[str]) -> str:
    """Return a message with a ``resp_type`` that is only misspelt put right."""

    def mended(found: re.Match[str]) -> str:
        return found[1] + (mend_name(found[2], tuple(sorted(known))) or found[2]) + found[3]

    return _TYPE.sub(mended, text, count=1)


@functools.lru_cache(maxsize=256)
def mend_name(name: str, known: tuple[str, ...]) -> str | None:
    """Return which of the known names is meant; None if none is."""
    plain = re.sub(r"[\s-]+", "_", name.strip().upper())[:40]
    if plain in known:
        return plain
    return next(iter(difflib.get_close_matches(plain, known, n=1, cutoff=_ALIKE)), None)
