"""Numbers, full stops and word times."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.engines.base import Word
from ivr_agi.speech_server.spelling import spell, word_infos


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("one two three", "123"),
        ("my number is five five oh one", "my number is 5501"),
        ("twenty five people", "25 people"),
        ("seven", "7"),
        ("two hundred three", "203"),
        ("two thousand five hundred twelve", "2512"),
        ("twelve thousand", "12000"),
        ("nineteen eighty four", "19 84"),
        ("twenty five seven hundred", "25 700"),
        ("the one i want", "the one i want"),
        ("oh no", "oh no"),
        ("someone", "someone"),
        ("hundred", "hundred"),
        ("", ""),
    ],
)
def test_english_numbers(spoken: str, written: str) -> None:
    """As far as it is plain."""
    assert spell(spoken, "en-us", digits=True, punctuation=False) == written
    assert spell(spoken, "en-us", digits=False, punctuation=False) == spoken


def test_chinese_digits() -> None:
    """Rows of them; a single one is a word."""
    assert spell("我的号码是一三八零零", "cmn", digits=True, punctuation=True) == (
        "我的号码是13800。"
    )
    assert spell("一个", "cmn", digits=True, punctuation=False) == "一个"


def test_punctuation() -> None:
    """A sentence; nothing stays nothing."""
    assert spell("pay it", "en-us", digits=False, punctuation=True) == "Pay it."
    assert spell("", "en-us", digits=False, punctuation=True) == ""


def test_word_times() -> None:
    """English with a mark in front, Chinese by character (sis-protocol.md 4.2)."""
    english = word_infos([Word("hello", 100, 400)], "en-us", 1000)
    assert [(info.word, info.start_time, info.end_time) for info in english] == [
        ("▁HELLO", 1100, 1400)
    ]
    chinese = word_infos([Word("余额", 0, 300)], "cmn", 50)
    assert [(info.word, info.start_time, info.end_time) for info in chinese] == [
        ("余", 50, 200),
        ("额", 200, 350),
    ]
