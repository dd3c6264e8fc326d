"""The pinyin table."""

from __future__ import annotations

import pytest

from ivr_agi.language import pinyin
from ivr_agi.language.pinyin import readings, split_syllable


@pytest.mark.parametrize(
    ("char", "expected"),
    [
        ("客", {"ke"}),
        ("行", {"hang", "xing"}),
        ("绿", {"lv"}),
        ("〇", {"ling"}),
        ("a", set()),
        ("", set()),
    ],
)
def test_readings(char: str, expected: set[str]) -> None:
    """Usual readings only."""
    assert set(readings(char)) == expected


@pytest.mark.parametrize(
    ("syllable", "parts"),
    [
        ("zhang", ("zh", "ang")), ("yi", ("", "i")), ("ya", ("", "ia")), ("wu", ("", "u")),
        ("wang", ("", "uang")), ("yu", ("", "v")), ("yuan", ("", "van")), ("juan", ("j", "van")),
        ("lv", ("l", "v")), ("shi", ("sh", "r")), ("xi", ("x", "i")), ("er", ("", "er")),
    ],
)  # fmt: skip
def test_split_syllable(syllable: str, parts: tuple[str, str]) -> None:
    """By sound, not by spelling."""
    assert split_syllable(syllable) == parts


def test_all_of_gb2312_is_there() -> None:
    """Every character that recognition writes."""
    chars = [
        bytes([high, low]).decode("gb2312", "ignore")
        for high in range(0xB0, 0xF8)
        for low in range(0xA1, 0xFF)
    ]
    assert [char for char in chars if char and not readings(char)] == []


def test_the_table_is_parsed_once() -> None:
    """At the first question."""
    pinyin._table.cache_clear()
    assert [readings("客"), readings("户")] == [("ke",), ("hu",)]
    assert pinyin._table.cache_info().misses == 1
