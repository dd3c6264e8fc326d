"""Letters and digits."""

from __future__ import annotations

from typing import Any

import pytest

from ivr_agi.language.slots import Alphanumeric, Parsed, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import check_reasons, outcome, read


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("A B C one two three", "ABC123"),
        ("alpha bravo charlie forty two", "ABC42"),
        ("B as in Bravo, seven, D like delta", "B7D"),
        ("double A nine nine", "AA99"),
        ("triple x seven", "XXX7"),
        ("my booking code is X Y Z 7", "XYZ7"),
        ("AB12CD", "AB12CD"),
        ("capital T, five", "T5"),
        ("x-ray niner", "X9"),
        ("字母A，字母B，三，五", "AB35"),
        ("两个A一个七", "AA7"),
        ("订单号是 S F 一零零二四", "SF10024"),
        ("Ｈ Ｋ ２ ０ ２ ６", "HK2026"),
        ("A one, no, A two", "A2"),
        ("A or B", Reason.AMBIGUOUS),
        ("what is that", Reason.NOT_UNDERSTOOD),
        ("J O N E S", "JONES"),
        ("I A M one P M", "IAM1PM"),
        ("AM12PM", "AM12PM"),
    ],
)
def test_words(said: str, right: Any) -> None:
    """Spelled in every way, in both languages."""
    slot = Alphanumeric()
    assert read(slot, said) == right
    check_reasons(slot, right)


@pytest.mark.parametrize(
    ("said", "value"), [("A O 7", "AO7"), ("N as in mother", "M"), ("seven o seven", "707")]
)
def test_doubt(said: str, value: str) -> None:
    """O beside a digit, and a word that does not begin with its letter."""
    found = Alphanumeric().parse(said)
    assert found == Parsed(value, is_sure=False)


def test_limits() -> None:
    """Too short, too long; no keys."""
    slot = Alphanumeric(min_length=2, max_length=3)
    assert read(slot, "A") is Reason.TOO_SHORT
    assert read(slot, "A B C D") is Reason.TOO_LONG
    assert outcome(slot.parse_keys("12")) is Reason.NOT_KEYED
    assert slot.in_breaths


def test_read_back() -> None:
    """One by one; a letter O beside a digit is called a letter."""
    slot = Alphanumeric()
    assert slot.read_back("AB1", Language.ENGLISH) == "A B one"
    assert slot.read_back("O1", Language.ENGLISH) == "letter O one"
    assert slot.read_back("1O", Language.CHINESE) == "幺 字母O"
