"""Tells tables whose phrases follow each other: the words of numbers and dates. Core, no I/O.

A hot-word table is a closed list, also one of digits or letters: a menu may have ten choices. But
nobody says one word of a phone number or a date: a table that has all digits of a language among
other words, as those of typed answers have, stands for rows of its words.
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
_ALL_DIGITS = (frozenset(EN_ONES[1:10]), frozenset("一二三四五六七八九"))
"""One to nine, by language."""


def is_row(phrases: Iterable[str]) -> bool:
    """Whether these phrases are parts of an answer: all digits, and words beside them."""
    words = {phrase.strip().rstrip(".").casefold() for phrase in phrases}
    return any(digits <= words for digits in _ALL_DIGITS) and not words <= _SYMBOLS
