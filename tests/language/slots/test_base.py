"""Nothing of the caller's answer is in what may be logged."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.slots import (
    Breaths,
    Date,
    Digits,
    FreeText,
    IdCard,
    ListOption,
    Money,
    Number,
    OneOf,
    Parsed,
    PhoneNumber,
    Plate,
    Reason,
    Rejected,
    Slot,
    Time,
    YesNo,
)
from ivr_agi.language.slots.base import check_range

SLOTS: list[Slot[Any]] = [
    YesNo(),
    Digits(min_length=4, max_length=6),
    Number(minimum=Decimal(1), maximum=Decimal(10)),
    Money(),
    Money(currency="JPY"),
    Date(today=date(2026, 11, 21)),
    Time(earliest=time(8), latest=time(18)),
    PhoneNumber(),
    PhoneNumber(region="US", is_mobile=True),
    IdCard(),
    Plate(),
    OneOf(
        options=(ListOption("a", ("人工", "agent"), "0"), ListOption("b", ("余额", "balance"), "1"))
    ),
    FreeText(max_length=20),
]

WORDS = st.lists(
    st.sampled_from(
        "一 二 两 三 十 百 千 万 亿 点 零 〇 幺 半 刻 个 年 月 日 号 周 星期 下 上 天 后 前 块 毛 分 元 差 "
        "负 加 京 沪 叉 是 不 对 一百 明天 下午 凌晨 one two twenty fifth hundred thousand million and "
        "point double oh to march may friday next last in ago week past quarter pm a m dollars cents "
        "plus minus yes no not 0 1 12 31 99 2026 13812345678 1.5 1,000 : - / . , x ex * # + 的 重来".split()
    ),
    max_size=10,
).flatmap(lambda words: st.sampled_from(["", " "]).map(lambda joint: joint.join(words)))


@pytest.mark.parametrize("slot", SLOTS, ids=lambda slot: type(slot).__name__)
@given(text=st.one_of(WORDS, st.text(max_size=30)))
def test_any_words_give_a_value_or_a_known_reason(slot: Slot[Any], text: str) -> None:
    """No words make a slot raise; a refusal carries its reason only."""
    for result in (slot.parse(text), slot.parse_keys(text)):
        if isinstance(result, Rejected):
            assert result.reason in slot.reasons
            assert vars(result) == {"reason": result.reason}
        else:
            assert "value" not in repr(result)


@pytest.mark.parametrize("slot", SLOTS, ids=lambda slot: type(slot).__name__)
@given(keys=st.text("0123456789*#ABCD", max_size=20))
def test_any_keys_give_a_value_or_a_known_reason(slot: Slot[Any], keys: str) -> None:
    """No keys make a slot raise."""
    result = slot.parse_keys(keys)
    assert isinstance(result, Parsed) or result.reason in slot.reasons


def test_a_value_does_not_show() -> None:
    """Neither in what was read nor in what is being collected."""
    breaths = Breaths(Digits(min_length=8, max_length=8))
    breaths.hear("one two three four")
    assert repr(breaths) == "<Breaths 1 pieces>"
    assert "1234" not in repr(Parsed("1234"))
    assert repr(Rejected(Reason.TOO_SHORT)) == f"Rejected(reason={Reason.TOO_SHORT!r})"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, Reason.TOO_SMALL), (1, None), (5, None), (6, Reason.TOO_LARGE)],
)
def test_check_range(value: int, expected: Reason | None) -> None:
    """Both ends belong to the range."""
    found = check_range(value, 1, 5, below=Reason.TOO_SMALL, above=Reason.TOO_LARGE)
    assert (found and found.reason) == expected
    assert check_range(value, None, None, below=Reason.TOO_SMALL, above=Reason.TOO_LARGE) is None
