"""Rows of digits in sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.saying import spell_digits
from ivr_agi.language.sentence import Piece, SentenceReader
from ivr_agi.language.slots.base import Parsed, Reason, Rejected
from ivr_agi.language.slots.rows import SpokenRow, judge_row, read_row, row_text, with_noise
from ivr_agi.language.text import Language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one three eight double five", "13855"), ("one eight hundred five five five", "1800555"),
        ("幺三八零零幺三八", "13800138"), ("my number is 1 2 3 to 5", "12325"), ("三个五两个八", "55588"),
        ("twenty three forty five", "2345"), ("一百三十八", "138"), ("oh one two", "012"),
        ("一三要八", "1318"), ("138-1234-5678", "13812345678"), ("one twenty three", "123"),
        ("ten", "10"), ("三十八五十六", "3856"), ("four for four", "444"), ("eight hundred five", "805"),
        ("double", ""), ("", ""), ("triple one", "111"), ("十", "10"), ("我看一下", ""), ("to for to", ""),
    ],
)  # fmt: skip
def test_digits(text: str, expected: str) -> None:
    """In order, sure."""
    row = read_row(text)
    assert row.digits == expected
    assert not row.is_ambiguous


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234 elephants", SpokenRow("1234", is_doubtful=True)), ("maybe 1234", SpokenRow("1234", is_doubtful=True)),
        ("one elephant two", SpokenRow("12", is_doubtful=True, is_ambiguous=True)), ("one elephant", SpokenRow()),
        ("1234 no 1235", SpokenRow("1235")), ("1234 no 5", SpokenRow("5", is_ambiguous=True)),
        ("1234 no", SpokenRow("1234", is_ambiguous=True)), ("不是一二三四是一二三五", SpokenRow("1235")),
        ("1234 or 1235", SpokenRow("12341235", is_doubtful=True, is_ambiguous=True)), ("any but 1234", SpokenRow()), ("not 1234", SpokenRow()),
        ("plus 44 20", SpokenRow("4420")), ("444 x", SpokenRow("444", is_doubtful=True)),
    ],
)  # fmt: skip
def test_doubts(text: str, expected: SpokenRow) -> None:
    """Words left over, guesses, corrections."""
    assert read_row(text) == expected


def test_signs() -> None:
    """Those asked for are kept; a plus before digits only."""
    assert read_row("one two X", signs="x").digits == "12x"
    assert read_row("加四四二零", signs="+").digits == "+4420"
    assert read_row("四四加", signs="+").digits == "44"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (SpokenRow("1"), Parsed("1")),
        (SpokenRow("1", is_doubtful=True), Parsed("1", is_sure=False)),
        (SpokenRow("1", is_ambiguous=True), Rejected(Reason.AMBIGUOUS)),
        (SpokenRow(), Rejected(Reason.NOT_UNDERSTOOD)),
    ],
)
def test_judge_row(row: SpokenRow, expected: Parsed[str] | Rejected) -> None:
    """What the slot says, as doubtful as the row."""

    def check(digits: str) -> Parsed[str] | Rejected:
        return Parsed(digits) if digits else Rejected(Reason.NOT_UNDERSTOOD)

    assert judge_row(row, check) == expected


def test_pieces() -> None:
    """Words that sound like a digit are digits between digits only."""
    pieces = with_noise(SentenceReader(("row",), ("digits_noise",)).read("for one to two for"))
    assert [piece.role for piece in pieces] == ["filler", "row", "row", "row", "filler"]
    assert row_text(pieces[1]) == "1"
    loose = SentenceReader(("row",), ()).read("eight hundred five")
    assert [row_text(piece) for piece in loose if isinstance(piece, Piece)] == ["8005"]


@given(st.text("0123456789", min_size=1, max_size=40), st.sampled_from(Language))
def test_digits_go_both_ways(digits: str, language: Language) -> None:
    """Digit by digit."""
    assert read_row(spell_digits(digits, language)).digits == digits
