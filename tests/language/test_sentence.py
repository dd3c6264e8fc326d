"""Sentences: pieces, corrections, negations."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ivr_agi.language.rules import answer_rules
from ivr_agi.language.sentence import AROUND, LEFT_OVER, SentenceReader, understand
from ivr_agi.language.slots import (
    Alphanumeric,
    CardNumber,
    Date,
    Digits,
    Duration,
    Email,
    IdCard,
    Money,
    MonthYear,
    Number,
    Patterned,
    PhoneNumber,
    Plate,
    Rejected,
    Slot,
    Time,
    YesNo,
)

READER = SentenceReader(("number",), (*AROUND, "number_filler", "number_void"))
SLOTS: list[Slot[Any]] = [
    *(Number(is_whole=False), Money(), Date(today=date(2026, 11, 21)), Time(), Digits()),
    *(PhoneNumber(), IdCard(), Plate(), YesNo(), Alphanumeric(), CardNumber(), Email()),
    *(MonthYear(today=date(2026, 11, 21)), Duration(), Patterned(pattern="[A-Z]{2}[0-9]{2,6}")),
]


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("um, five people please", ", number number_filler filler"),
        ("about five", "about number"),
        ("five or elephants", "number or left_over"),
        ("不是五个，是六个", "is_not number number_filler , filler number number_filler"),
        ("", ""),
    ],
)
def test_pieces(text: str, roles: str) -> None:
    """As few words as possible are left over."""
    assert [piece.role for piece in READER.read(text)] == roles.split()


@pytest.mark.parametrize(
    ("text", "values", "is_open", "is_rough"),
    [
        ("five", [5], False, False),
        ("five no six", [6], False, False),
        ("no six", [6], False, False),
        ("five no", [5], True, False),
        ("not five but six", [6], False, False),
        ("not five six", [6], False, False),
        ("not five", [], True, False),
        ("五个不行", [], True, False),
        ("五个，不是，六个", [6], False, False),
        ("五个不是六个", [5, 6], True, False),
        ("five or six", [5, 6], False, False),
        ("five or", [5], False, True),
        ("to five", [5], False, True),
        ("five to six", [5, 6], False, False),
        ("at least five", [5], False, True),
        ("anything but five", [5], True, False),
    ],
)
def test_which_values_stand(text: str, values: list[int], is_open: bool, is_rough: bool) -> None:
    """After corrections and negations."""
    sentence = understand(READER.read(text), READER.values)
    assert [found[0].value for found in sentence.values] == values
    assert sentence.is_open is is_open
    assert sentence.is_rough is is_rough


def test_words_left_over() -> None:
    """Those that nothing explains; every, per cent: another kind of thing."""
    sentence = understand(READER.read("five elephants"), READER.values)
    assert sentence.left_over == ("elephants",)
    assert not sentence.is_void
    assert understand(READER.read("five per cent"), READER.values).is_void
    assert READER.read("elephants")[0].role == LEFT_OVER


def vocabulary() -> list[str]:
    """Words and phrases of our rules."""
    rules = answer_rules()
    return rules.phrases(*rules)


@pytest.mark.parametrize("slot", SLOTS, ids=lambda slot: type(slot).__name__)
def test_any_words_of_the_rules(slot: Slot[Any]) -> None:
    """Random sentences of them do not make a slot raise."""
    some, words = random.Random(type(slot).__name__), vocabulary()
    reader = slot.reader
    assert reader is not None
    own = [*answer_rules().phrases(*reader.values), "3", "12", "2026", "to", "不是"]
    for number in range(300):
        text = " ".join(some.choices(own if number % 2 else words, k=some.randrange(1, 20)))
        result = slot.parse(text)
        assert not isinstance(result, Rejected) or result.reason in slot.reasons


def calls_of(function: Callable[[str], object], text: str) -> int:
    """How much is called: the same on every machine."""
    count = 0

    def on_call(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(on_call)
    try:
        function(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("slot", SLOTS, ids=lambda slot: type(slot).__name__)
@pytest.mark.parametrize(
    "words",
    [
        "one " * 15,
        "二十三 " * 5,
        "i would like to pay two hundred and five on march the fifth ",
        "下周三上午十点我要三百块钱不要了 ",
        "a ten to twenty first of next week from the monday after two ",
    ],
)
def test_long_sentences_take_little_more(slot: Slot[Any], words: str) -> None:
    """60 words take at most 8 times what 15 take, and more words than 60 no more than 60."""
    slot.parse(words)  # imports, tables
    once = calls_of(slot.parse, words)
    assert calls_of(slot.parse, words * 4) <= 8 * once
    assert calls_of(slot.parse, words * 20) <= 10 * once
