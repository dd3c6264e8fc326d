"""E-mail addresses."""

from __future__ import annotations

from typing import Any

import pytest

from ivr_agi.language.slots import Email, Parsed, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import check_reasons, outcome, read


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("john dot smith at gmail dot com", "john.smith@gmail.com"),
        ("it's anna underscore b at yahoo dot co dot uk", "anna_b@yahoo.co.uk"),
        ("j o e nine nine at outlook dot com", "joe99@outlook.com"),
        ("my email is mike 2026 at hotmail dot com", "mike2026@hotmail.com"),
        ("B as in bravo, O, B at example dot net", "bob@example.net"),
        ("zhang wei at 163 dot com", "zhangwei@163.com"),
        ("L I at Q Q dot com", "li@qq.com"),
        ("I A M P M at Q Q dot com", "iampm@qq.com"),
        ("bob@example.com", "bob@example.com"),
        ("my-shop_1+x@a-b.example.com", "my-shop_1+x@a-b.example.com"),
        ("max at example dot me", "max@example.me"),
        ("sales hyphen europe at big corp dot de", "sales-europe@bigcorp.de"),
        ("tom at gmail", Reason.TOO_SHORT),
        ("J O H N", Reason.TOO_SHORT),
        ("I don't have an email", Reason.NOT_UNDERSTOOD),
        ("bob at gmail dot com or bob at yahoo dot com", Reason.AMBIGUOUS),
        ("bob at dash dot com", Reason.NO_PATTERN),
        ("bob at gmail dot com, no, rob at gmail dot com", "rob@gmail.com"),
        ("我的邮箱是 wang 一二三 艾特 一六三 点 com", "wang123@163.com"),
        ("l i u 下划线 y a n g at 126 点 com", "liu_yang@126.com"),
        ("z h a o 点 l e i 圈a sina 点 com 点 c n", "zhao.lei@sina.com.cn"),
    ],
)
def test_words(said: str, right: Any) -> None:
    """Spelled, in words, and as recognisers write them."""
    slot = Email()
    assert read(slot, said) == right
    check_reasons(slot, right)


@pytest.mark.parametrize(
    "said",
    ["so at work I am bob at gmail dot com", "bob at gmail dot com, no, rob", "I think bob@a.com"],
)
def test_doubt(said: str) -> None:
    """Words before another "at", and a correction of a part."""
    found = Email().parse(said)
    assert not isinstance(found, Parsed) or not found.is_sure


def test_read_back() -> None:
    """Spelled, but for what everybody knows."""
    slot = Email()
    assert slot.read_back("a_1@gmail.com", Language.ENGLISH) == "A underscore one at gmail dot com"
    assert slot.read_back("ab@qq.com", Language.CHINESE) == "A B 艾特 Q Q 点 com"
    assert outcome(slot.parse_keys("1")) is Reason.NOT_KEYED
