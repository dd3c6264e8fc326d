"""Phrases found in what was heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.alignment import Span, find_exact, find_near, tokenise, weight


def test_tokenise() -> None:
    """Characters and words; carrier phrases are marked."""
    tokens = tokenise("我要open账户")
    assert [token.text for token in tokens] == ["我", "要", "open", "账", "户"]
    assert [token.is_carrier for token in tokens] == [True, True, False, False, False]
    assert weight(tokens[2:4]) == 7


def test_find_exact() -> None:
    """Token by token, the first place."""
    assert find_exact(tokenise("余额"), tokenise("查余额余额")) == Span(1, 3, 1.0)
    assert find_exact(tokenise("balance"), tokenise("imbalance")) is None


@pytest.mark.parametrize(
    ("phrase", "heard", "span"),
    [
        ("客服", "转克服", (1, 3)), ("余额", "查鱼鹅多少", (1, 3)), ("support", "technical sport", (1, 2)),
        ("support", "sup port", (0, 2)), ("account balance", "a count balance", (0, 3)),
        ("vip客户", "vip克户", (0, 3)),
    ],
)  # fmt: skip
def test_find_near(phrase: str, heard: str, span: tuple[int, int]) -> None:
    """The place that sounds most like it."""
    found = find_near(tokenise(phrase), tokenise(heard))
    assert found
    assert (found.start, found.end) == span
    assert found.similarity > 0.85


def test_nothing_to_compare() -> None:
    """Neither with nothing, nor letters with characters."""
    assert find_near(tokenise("a"), tokenise("")) is None
    assert find_near(tokenise(""), tokenise("a")) is None
    assert find_near(tokenise("vip"), tokenise("余额")) is None


@given(
    st.text("客克服余额鱼人工仁转账", min_size=1, max_size=4),
    st.text("客克服余额鱼人工仁转账", max_size=8),
)
def test_a_phrase_in_the_text_is_found_whole(phrase: str, around: str) -> None:
    """Its likeness is 1."""
    found = find_near(tokenise(phrase), tokenise(around + phrase + around))
    assert found
    assert found.similarity == 1.0
