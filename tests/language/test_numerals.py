"""Numbers read from words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.numerals import digitize, read_digits
from ivr_agi.language.saying import spell_digits, spell_number
from ivr_agi.language.text import Language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一百二十五块五毛", "125块5毛"), ("三万五", "35000"), ("一百二", "120"), ("一千零五", "1005"),
        ("一亿两千万", "120000000"), ("二零二六年三月五号", "2026年3月5号"), ("三点五万", "35000"), ("3.5万", "35000"),
        ("1万2", "12000"), ("一万零三百", "10300"), ("百分之五", "百分之5"), ("万一", "万一"), ("三点半", "3点半"),
        ("三十六点六", "36.6"), ("零五", "05"), ("十", "10"), ("两三个", "23个"), ("壹佰贰拾", "120"), ("１２", "12"),
        ("千万别", "千万别"), ("一点", "1点"),
        ("one hundred and twenty five dollars and fifty cents", "125 dollars and 50 cents"),
        ("nineteen eighty four", "19 84"), ("twenty-third of may", "23th of may"), ("a hundred", "100"),
        ("a cat", "a cat"), ("five hundred thousand", "500000"), ("one two three", "1 2 3"),
        ("one million two hundred thousand and six", "1200006"), ("three point one four", "3.14"),
        ("two and three", "2 and 3"), ("twelve fifty", "12 50"), ("the fifth", "the 5th"),
        ("thirty first", "31th"), ("zero five", "0 5"), ("point", "point"), ("three point", "3 point"),
        ("nineteen hundred", "1900"), ("$125.50", "$125.50"), ("hundred", "hundred"), ("", ""),
    ],
)  # fmt: skip
def test_digitize(text: str, expected: str) -> None:
    """Numbers become digits, the rest stays."""
    assert digitize(text) == expected


@pytest.mark.parametrize("text", ["1.51.5十", "1.51.5万", "1.5一1.5千"])
def test_two_numbers_are_not_one(text: str) -> None:
    """Two that touch before a unit are left as they are: a recogniser may write anything."""
    assert digitize(text) == text


def test_the_point_of_hours() -> None:
    """三点二十 is twenty past three where hours are told."""
    assert digitize("三点二十") == "3点20"
    assert digitize("三点五", point=False) == "3点5"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one three eight double five", "13855"), ("one eight hundred five five five", "1800555"),
        ("幺三八零零幺三八", "13800138"), ("my number is 1 2 3 to 5", "12325"), ("三个五两个八", "55588"),
        ("twenty three forty five", "2345"), ("一百三十八", "138"), ("oh one two", "012"),
        ("一三要八", "1318"), ("138-1234-5678", "13812345678"), ("one twenty three", "123"),
        ("ten", "10"), ("三十八五十六", "3856"), ("i want to pay", ""), ("four for four", "444"),
        ("double", ""), ("double double", ""), ("", ""), ("triple one", "111"), ("十", "10"),
    ],
)  # fmt: skip
def test_read_digits(text: str, expected: str) -> None:
    """Digits in order, other words passed over."""
    assert read_digits(text) == expected


def test_letters() -> None:
    """Those asked for are kept."""
    assert read_digits("one two X", letters="x") == "12x"
    assert read_digits("one two X") == "12"


@given(st.integers(0, 10**12 - 1), st.sampled_from(Language))
def test_numbers_go_both_ways(number: int, language: Language) -> None:
    """What is written in words is read."""
    assert digitize(spell_number(Decimal(number), language)) == str(number)


@given(st.text("0123456789", min_size=1), st.sampled_from(Language))
def test_digits_go_both_ways(digits: str, language: Language) -> None:
    """Digit by digit."""
    assert read_digits(spell_digits(digits, language)) == digits


@given(st.text())
def test_anything_can_be_read(text: str) -> None:
    """No text makes them raise."""
    assert isinstance(digitize(text), str)
    assert isinstance(digitize(text, point=False), str)
    assert isinstance(read_digits(text), str)
