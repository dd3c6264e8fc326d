"""The Chinese lists hold what the grammar expects of them."""

from __future__ import annotations

from ivr_agi.language.chinese import (
    ZH_CARRIERS,
    ZH_CURRENCIES,
    ZH_DIGITS,
    ZH_HALVES_SPOKEN,
    ZH_NUMERALS,
    ZH_START_OVER,
    ZH_WEEKDAYS,
)
from ivr_agi.language.english import EN_CURRENCIES


def test_lengths() -> None:
    """Places in these lists are values."""
    assert (len(ZH_NUMERALS), len(ZH_WEEKDAYS)) == (10, 7)
    assert len(ZH_DIGITS) == sum(len(chars) for chars in ZH_NUMERALS)


def test_phrases_that_begin_alike() -> None:
    """The first that fits is taken: a longer phrase comes before its own beginning."""
    for phrases in (ZH_CARRIERS, ZH_START_OVER):
        for at, phrase in enumerate(phrases):
            assert not any(later.startswith(phrase) for later in phrases[at + 1 :]), phrase


def test_the_day_has_no_gaps() -> None:
    """Halves of the day follow each other up to midnight."""
    ends = [end for end, _ in ZH_HALVES_SPOKEN]
    assert ends == sorted(set(ends))
    assert ends[-1] == 24


def test_currencies() -> None:
    """The same ones as in English."""
    assert ZH_CURRENCIES.keys() == EN_CURRENCIES.keys()
