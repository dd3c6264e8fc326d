"""Tells tables whose phrases follow each other: digits, letters, words of numbers. Core, no I/O.

A hot-word table is a closed list. But nobody says one digit of a phone number: a table in which
every phrase is a single digit or letter stands for rows of them. So does one that has all digits of
a language among others: the words of dates, of money, of whatever is said in several words.
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
"""One to nine, by language. A menu with so many choices also has them one after the other."""
_LEAST = 4
"""A menu may have "one", "two" and "three" for its choices; a row has more to choose from."""


def is_row(phrases: Iterable[str]) -> bool:
    """Whether these phrases are parts of an answer: single digits and letters, or all digits."""
    words = {phrase.strip().rstrip(".").casefold() for phrase in phrases}
    if any(digits <= words for digits in _ALL_DIGITS):
        return True
    return len(words) >= _LEAST and words <= _SYMBOLS
