"""Which choice words and keys mean."""

from __future__ import annotations

import pytest

from ivr_agi.flow.matching import match_key, match_words, normalise
from ivr_agi.flow.model import Choice

CHOICES = [
    Choice(words=["account balance", "balance"], key="1", go="a"),
    Choice(words=["technical support", "support"], key="2", go="b"),
    Choice(words=["人工", "人工 客服"], key="0", go="c"),
    Choice(words=["don't know"], go="d"),
    Choice(key="9", go="e"),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("account balance", "a"),
        ("Account Balance!", "a"),
        ("my balance, please", "a"),
        ("I need technical support.", "b"),
        ("technical support or balance", "b"),
        ("imbalance", None),
        ("我要人工服务", "c"),
        ("人工客服。", "c"),
        ("ＢＡＬＡＮＣＥ", "a"),
        ("i don't know", "d"),
        ("weather", None),
        ("", None),
    ],
)
def test_match_words(text: str, expected: str | None) -> None:
    """A whole phrase counts, the longest wins, two equally long ones are no match."""
    choice = match_words(text, CHOICES)
    assert (choice and choice.go) == expected


def test_two_phrases_of_one_length_are_no_match() -> None:
    """Nobody guesses for the caller."""
    assert (
        match_words("yes nay", [Choice(words=["yes"], go="a"), Choice(words=["nay"], go="b")])
        is None
    )


def test_match_key() -> None:
    """Keys are exact."""
    assert [match_key(key, CHOICES) for key in "19#"] == [CHOICES[0], CHOICES[4], None]


def test_normalise() -> None:
    """Width, case, punctuation and blanks."""
    assert normalise("  Ａccount—Balance! (now) ") == "account balance now"
