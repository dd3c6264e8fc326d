"""What a sentence is cut into."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.tokens import END, MOST_TOKENS, split_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Twenty-three people!", "twenty three people ,"),
        ("I’d like 3pm", "i'd like 3 pm"),
        ("three p.m. please", "three pm please"),
        ("seven a m", "seven am"),
        ("三點半，謝謝", "三 点 半 , 谢 谢"),
        ("１２３", "123"),
        ("١٢٣", "123"),
        ("$1,250.50", "$ 1250 ~. 50"),
        ("1, 2", "1 , 2"),
        ("20，300", "20 , 300"),
        ("the 21st", "the 21 th"),
        ("2026-03-05", "2026 ~- 03 ~- 05"),
        ("-5", "- 5"),
        ("15:30", "15 ~: 30"),
        ("is it?", "is it ?"),
        ("one... two", "one , two"),
        ("", ""),
        ("😀", ""),
    ],
)
def test_tokens(text: str, tokens: str) -> None:
    """One script, one case; signs between digits are marked."""
    assert split_tokens(text) == tokens.split()


def test_a_long_answer_is_cut() -> None:
    """And says so at its end."""
    assert split_tokens("one " * MOST_TOKENS) == ["one"] * MOST_TOKENS
    assert split_tokens("one " * 999) == ["one"] * MOST_TOKENS + [END]


@given(st.text())
def test_any_text(text: str) -> None:
    """No text makes it raise, and no token is empty."""
    assert all(split_tokens(text))
