"""Licence plates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.slots import Parsed, Plate, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("京A12345", "京A12345"), ("京A·12345", "京A12345"), ("京a一二三四五", "京A12345"),
        ("沪 B 幺 二 三 四 五", "沪B12345"), ("粤B D12345", "粤BD12345"), ("北京的京A12345", "京A12345"),
        ("北京A12345", "京A12345"), ("广东省的粤，B，D，一二三四五", "粤BD12345"), ("车牌是浙A8K6P2", "浙A8K6P2"),
        ("京A1234学", "京A1234学"), ("粤Z1234港", "粤Z1234港"), ("川A双", Reason.TOO_SHORT),
        ("京A1234", Reason.TOO_SHORT), ("京A1234567", Reason.TOO_LONG), ("京A12O45", Reason.NOT_IN_USE),
        ("京I12345", Reason.NOT_IN_USE), ("12345", Reason.NOT_IN_USE), ("天气", Reason.NOT_UNDERSTOOD),
        ("", Reason.NOT_UNDERSTOOD), ("大A12345", Reason.NOT_IN_USE),
    ],
)  # fmt: skip
def test_words(text: str, expected: str | Reason) -> None:
    """Seven characters, eight of a new energy vehicle."""
    assert read(Plate(), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("经A12345", "京A12345"), ("互B12345", "沪B12345"), ("月B12345", "粤B12345")],
)
def test_a_homophone_is_to_be_confirmed(text: str, expected: str) -> None:
    """经 can only be 京; two provinces of one sound cannot be told apart."""
    assert Plate().parse(text) == Parsed(expected, is_sure=False)
    assert read(Plate(), "鱼A12345") is Reason.AMBIGUOUS


def test_keys() -> None:
    """There is no keyed form."""
    assert outcome(Plate().parse_keys("12345")) is Reason.NOT_KEYED


def test_read_back_in_english() -> None:
    """An English voice cannot say 京."""
    assert Plate().read_back("京A12345", Language.ENGLISH) == "Beijing, A, one two three four five"


@given(
    st.sampled_from("京津沪渝粤苏浙川"),
    st.sampled_from("ABCDEFGH"),
    st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=5, max_size=6),
)
def test_read_back_is_understood(province: str, letter: str, rest: str) -> None:
    """Round trip in Chinese."""
    value = province + letter + rest
    assert read(Plate(), Plate().read_back(value, Language.CHINESE)) == value
