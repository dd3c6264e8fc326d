"""The English lists hold what the grammar expects of them."""

from __future__ import annotations

import re

import pytest

from ivr_agi.language import english
from ivr_agi.language.english import (
    EN_CARRIERS,
    EN_MONTHS,
    EN_ONES,
    EN_TENS,
    EN_WEEKDAYS,
)


def test_lengths() -> None:
    """Places in these lists are values."""
    assert [len(each) for each in (EN_ONES, EN_TENS, EN_MONTHS, EN_WEEKDAYS)] == [20, 10, 12, 7]


def test_carriers_that_begin_alike() -> None:
    """The first that fits is taken: a longer phrase comes before its own beginning."""
    for at, phrase in enumerate(EN_CARRIERS):
        assert not any(later.startswith(f"{phrase} ") for later in EN_CARRIERS[at + 1 :]), phrase


@pytest.mark.parametrize("name", english.__all__)
def test_all_of_it_is_english(name: str) -> None:
    """No Chinese characters, and folded but for what prompts say."""
    written = repr(getattr(english, name))
    assert not re.search("[一-鿿]", written)
    spoken = {"EN_MONTHS", "EN_WEEKDAYS", "EN_CURRENCIES"}
    assert name in spoken or not re.search(r"'[^']*[A-Z][^']*'", written)
