"""Rows of digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.slots import Digits, Reason
from ivr_agi.language.slots.digits import in_groups
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three four", "1234"),
        ("my pin is one two three four", "1234"),
        ("1 2 3 4", "1234"),
        ("1234", "1234"),
        ("１２３４", "1234"),
        ("一二三四", "1234"),
        ("幺两三四。", "1234"),
        ("号码是一 二 三 四", "1234"),
        ("double one double two", "1122"),
        ("triple nine oh", "9990"),
        ("oh one two three", "0123"),
        ("zero zero zero one", "0001"),
        ("twelve thirty four", "1234"),
        ("one two to for five", "12245"),
        ("三个五一个八", "5558"),
        ("洞幺拐勾", "0179"),
        ("一二三要四", "12314"),
        ("ninety nine ten", "9910"),
        ("十二三十四", "1234"),
        ("one two three", Reason.TOO_SHORT),
        ("一", Reason.TOO_SHORT),
        ("one two three four five six", Reason.TOO_LONG),
        ("hello", Reason.NOT_UNDERSTOOD),
        ("to for to for", Reason.NOT_UNDERSTOOD),
        ("", Reason.NOT_UNDERSTOOD),
    ],
)
def test_words(text: str, expected: str | Reason) -> None:
    """Four or five digits, in any mixture."""
    assert read(Digits(min_length=4, max_length=5), text) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("1234", "1234"),
        ("0000", "0000"),
        ("12", Reason.TOO_SHORT),
        ("123456", Reason.TOO_LONG),
        ("12*4", Reason.NOT_UNDERSTOOD),
        ("", Reason.NOT_UNDERSTOOD),
    ],
)
def test_keys(keys: str, expected: str | Reason) -> None:
    """Digits only."""
    assert outcome(Digits(min_length=4, max_length=5).parse_keys(keys)) == expected


@pytest.mark.parametrize(
    ("value", "groups"),
    [
        ("", ""),
        ("1", "1"),
        ("1234", "1234"),
        ("12345", "12 345"),
        ("123456", "123 456"),
        ("12345678", "1234 5678"),
        ("13812345678", "138 1234 5678"),
        ("6222021234567890123", "622 2021 2345 6789 0123"),
    ],
)
def test_groups(value: str, groups: str) -> None:
    """Nobody can hear eleven digits in a row."""
    assert in_groups(value) == groups


def test_read_back_words() -> None:
    """Pauses between groups, 幺 for 1."""
    assert Digits().read_back("10086", Language.CHINESE) == "幺零，零八六"
    assert Digits().read_back("10086", Language.ENGLISH) == "one zero, zero eight six"


@given(st.text("0123456789", min_size=1, max_size=32), st.sampled_from(Language))
def test_read_back_is_understood(value: str, language: Language) -> None:
    """Round trip."""
    assert read(Digits(), Digits().read_back(value, language)) == value
