"""Tells tables whose phrases follow each other: digits, letters, both. Core, no I/O.

A hot-word table is a closed list. But nobody says one digit of a phone number: a table in which
every phrase is a single digit or letter stands for rows of them.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from ivr_agi.language.chinese import ZH_DIGITS
from ivr_agi.language.english import EN_ONES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("is_row",)

_SYMBOLS = frozenset((*EN_ONES[:10], "oh", *string.ascii_lowercase, *string.digits, *ZH_DIGITS))
_LEAST = 4
"""A menu may have "one", "two" and "three" for its choices; a row has more to choose from."""


def is_row(phrases: Iterable[str]) -> bool:
    """Whether these phrases are the symbols of a row: nothing but single digits and letters."""
    words = {phrase.strip().rstrip(".").casefold() for phrase in phrases}
    return len(words) >= _LEAST and words <= _SYMBOLS
