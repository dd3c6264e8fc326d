"""English words of forms, of corrections and of listening along."""

from __future__ import annotations

import pytest

from ivr_agi.language.en.forms import EN_BACKCHANNELS
from ivr_agi.language.grammar import Chart
from ivr_agi.language.rules import answer_rules
from ivr_agi.language.text import normalise
from ivr_agi.language.tokens import split_tokens


def test_backchannels_are_folded() -> None:
    """As they are compared; none is there twice."""
    assert len(set(EN_BACKCHANNELS)) == len(EN_BACKCHANNELS)
    assert all(word == word.casefold() and normalise(word) for word in EN_BACKCHANNELS)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("form_change", "can you change"), ("form_change", "is not right"), ("form_becomes", "should be"),
        ("mark_number_before", "a table for"), ("mark_row_before", "account ending in"),
        ("end_part", "the last one is"), ("exclude", "anything but"), ("place", "the second one"),
        ("place", "the 3rd option"), ("form_but", "yes but"),
    ],
)  # fmt: skip
def test_what_rules_fit(rule: str, text: str) -> None:
    """To the end of these words."""
    tokens = split_tokens(text)
    assert len(tokens) in Chart(tokens).find(answer_rules()[rule], 0)
