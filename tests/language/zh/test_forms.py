"""Chinese words of forms, of corrections and of listening along."""

from __future__ import annotations

import pytest

from ivr_agi.language.grammar import Chart
from ivr_agi.language.rules import answer_rules
from ivr_agi.language.text import is_cjk
from ivr_agi.language.tokens import split_tokens
from ivr_agi.language.zh.forms import ZH_BACKCHANNELS


def test_backchannels_are_chinese() -> None:
    """None is there twice."""
    assert len(set(ZH_BACKCHANNELS)) == len(ZH_BACKCHANNELS)
    assert all(is_cjk(word) for word in ZH_BACKCHANNELS)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("form_change", "我想改"), ("form_change", "不正确"), ("form_becomes", "改成"),
        ("mark_money_before", "金额是"), ("mark_row_before", "尾号是"), ("end_part", "最后一位是"),
        ("exclude", "除了"), ("place", "第二个"), ("place", "最后一个"), ("form_but", "但是"),
    ],
)  # fmt: skip
def test_what_rules_fit(rule: str, text: str) -> None:
    """To the end of these words."""
    tokens = split_tokens(text)
    assert len(tokens) in Chart(tokens).find(answer_rules()[rule], 0)
