"""Letters and digits as callers spell them."""

from __future__ import annotations

import pytest

from ivr_agi.language.slots.spelled import apart, read_spelled, spell_characters
from ivr_agi.language.text import Language


@pytest.mark.parametrize(
    ("written", "tokens"),
    [
        ("AB12", ["A", "B", "12"]),
        ("12ab", ["12", "a", "b"]),
        ("OK AB", ["OK", "A", "B"]),
        ("the 4th", ["the", "4th"]),
        ("hello", ["hello"]),
        ("京A12", ["京", "A", "12"]),
        ("ＡＢ", ["A", "B"]),
    ],
)
def test_codes_in_one_piece(written: str, tokens: list[str]) -> None:
    """Letters in capitals or beside digits stand alone; words do not."""
    assert apart(written).replace("京", "京 ").split() == tokens


def test_corrections() -> None:
    """The last counts; what is torn apart by other words is ambiguous."""
    assert read_spelled("A B, no, A C").digits == "AC"
    assert read_spelled("A B banana C D").is_ambiguous


def test_spelling() -> None:
    """In groups with pauses in Chinese."""
    assert spell_characters("ABCDE", Language.CHINESE) == "A B C D，E"
