"""The generated table, and the script that writes it."""

from __future__ import annotations

import re

import pytest

from ivr_agi.language import pinyin_table
from ivr_agi.language.pinyin import readings
from ivr_agi.language.pinyin_table import PINYIN
from tools.make_pinyin_table import PATH, make_table


def test_entries() -> None:
    """Each is a syllable and its characters."""
    assert all(re.fullmatch("[a-z]+[一-鿿〇]+", entry) for entry in PINYIN.split())


def test_it_is_what_the_script_writes() -> None:
    """Run ``python -m tools.make_pinyin_table`` (``make docs``) after a change of the script."""
    pypinyin = pytest.importorskip("pypinyin")
    assert pinyin_table.__doc__ is not None
    if f"pypinyin {pypinyin.__version__};" not in pinyin_table.__doc__:
        pytest.skip("the table is of another version of pypinyin")
    assert PATH.read_text(encoding="utf-8") == make_table()


def test_it_agrees_with_pypinyin() -> None:
    """Its usual reading is one of ours."""
    pypinyin = pytest.importorskip("pypinyin")
    for char in "客服余额人工转账挂失信用卡密码查询账单流量宽带预约挂号投诉":
        usual = pypinyin.lazy_pinyin(char, v_to_u=False)[0]
        assert usual in readings(char)
