"""Phone numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.slots import PhoneNumber, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13812345678", "+8613812345678"), ("幺三八 一二三四 五六七八", "+8613812345678"),
        ("一三八，一二三四，五六七八。", "+8613812345678"), ("138-1234-5678", "+8613812345678"),
        ("我的手机号是幺三九零零零零幺二三四", "+8613900001234"),
        ("one three eight one two three four five six seven eight", "+8613812345678"),
        ("one three eight, double one, double two, three four five six", "+8613811223456"),
        ("零一零六二二八一二三四", "+861062281234"), ("010-62281234", "+861062281234"),
        ("零二一五四三二一零零零", "+862154321000"), ("0755-26780000", "+8675526780000"),
        ("加八六一三八一二三四五六七八", "+8613812345678"), ("+86 138 1234 5678", "+8613812345678"),
        ("plus four four two zero seven nine four six oh nine five eight", "+442079460958"),
        ("0044 20 7946 0958", "+442079460958"),
        ("138", Reason.TOO_SHORT), ("一三八一二三四五六七", Reason.TOO_SHORT), ("010-622", Reason.TOO_SHORT),
        ("138123456789", Reason.TOO_LONG), ("123456789012345678", Reason.TOO_LONG),
        ("12012345678", Reason.NOT_IN_USE), ("hello", Reason.NOT_UNDERSTOOD), ("", Reason.NOT_UNDERSTOOD),
    ],
)  # fmt: skip
def test_chinese_numbers(text: str, expected: str | Reason) -> None:
    """Mobiles, lines with area code, and numbers with a country code."""
    assert read(PhoneNumber(), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two one two five five five two three six eight", "+12125552368"),
        ("(212) 555-2368", "+12125552368"), ("eight hundred, five five five, one two one two", None),
        ("two one two", Reason.TOO_SHORT), ("oh one two three four five six seven eight nine", Reason.NOT_IN_USE),
    ],
)  # fmt: skip
def test_american_numbers(text: str, expected: str | Reason | None) -> None:
    """Another region; the last but two is free of charge."""
    assert read(PhoneNumber(region="US"), text) == (expected or "+18005551212")


def test_only_mobiles() -> None:
    """A text message wants one."""
    slot = PhoneNumber(is_mobile=True)
    assert read(slot, "010-62281234") is Reason.NOT_MOBILE
    assert read(slot, "13812345678") == "+8613812345678"


def test_keys() -> None:
    """Digits only."""
    keys = ("13812345678", "008613812345678", "138*", "")
    assert [outcome(PhoneNumber().parse_keys(one)) for one in keys] == [
        "+8613812345678",
        "+8613812345678",
        Reason.NOT_UNDERSTOOD,
        Reason.NOT_UNDERSTOOD,
    ]


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("+8613812345678", "幺三八，幺二三四，五六七八", "one three eight, one two three four, five six seven eight"),
        ("+861062281234", "零幺零，六二二八，幺二三四", "zero one zero, six two two eight, one two three four"),
        ("+442079460958", "加四四，二零，七九四六，零九五八",
         "plus four four, two zero, seven nine four six, zero nine five eight"),
    ],
)  # fmt: skip
def test_read_back_words(value: str, zh: str, en: str) -> None:
    """In the usual groups."""
    assert PhoneNumber().read_back(value, Language.CHINESE) == zh
    assert PhoneNumber().read_back(value, Language.ENGLISH) == en


@given(
    st.integers(0, 99999999),
    st.sampled_from(["138", "139", "159", "188"]),
    st.sampled_from(Language),
)
def test_read_back_is_understood(number: int, prefix: str, language: Language) -> None:
    """Round trip."""
    value = f"+86{prefix}{number:08}"
    assert read(PhoneNumber(), PhoneNumber().read_back(value, language)) == value
