"""Rules and what they find."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ivr_agi.language.grammar import Chart, compile_rules
from ivr_agi.language.rules import answer_rules
from ivr_agi.language.tokens import split_tokens

RULES = """
ones:
    one=1 two=2             # a list
    three of a kind         -> 3
tens:
    twenty=20 thirty_odd=30
number:
    <ones> | <tens>
    <tens> [and] <ones>     -> sum $1 $2
    about <number_again>    -> $1 ~
    {2-3}                   -> $1 ?
    (some|a few) [<ones>]   -> sum 5 $1
    pair                    -> 1
    pair                    -> 2
    heavy                   -> 8 ^1
    heavy                   -> 9
    never                   -> scale 1 10 20
    same                    -> 1 ~
    same                    -> 1
number_again:
    <ones>
"""


def find(text: str) -> dict[int, list[tuple[Any, bool, bool]]]:
    """What the rule ``number`` means at the beginning of a sentence, by where it ends."""
    found = Chart(split_tokens(text)).find(compile_rules(RULES)["number"], 0)
    return {
        end: [(one.value, one.is_doubtful, one.is_weak) for one in all_found]
        for end, all_found in found.items()
    }


def sure(*values: Any) -> list[tuple[Any, bool, bool]]:
    """Meanings that are neither doubtful nor weak."""
    return [(value, False, False) for value in values]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one", {1: sure("1")}),
        ("three of a kind", {4: sure(3)}),
        ("twenty two", {1: sure("20"), 2: sure(22)}),
        ("twenty and two", {1: sure("20"), 3: sure(22)}),
        ("thirty odd", {2: sure("30")}),
        ("about two", {2: [("2", True, False)]}),
        ("12", {1: [("12", False, True)]}),
        ("1234", {}),
        ("some", {1: sure(5)}),
        ("a few one", {2: sure(5), 3: sure(6)}),
        ("pair", {1: sure(1, 2)}),
        ("heavy", {1: sure("9")}),
        ("never", {}),
        ("same", {1: sure(1)}),
        ("four", {}),
    ],
)
def test_what_is_found(text: str, expected: dict[int, list[tuple[Any, bool, bool]]]) -> None:
    """By where it ends; the lightest meanings, all that are as light."""
    found = find(text)
    assert {end: [(str(v), d, w) for v, d, w in each] for end, each in found.items()} == {
        end: [(str(v), d, w) for v, d, w in each] for end, each in expected.items()
    }


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("word", "expected a rule's name with a colon"),
        ("a:\n    <b>", "rule <b> is used and not defined"),
        ("a:\n    <a> b", "rule <a> begins with itself"),
        ("a:\n    (b", "a bracket is not closed"),
        ("a:\n    [b]", "cannot be left out"),
        ("a:\n    b -> $1", r"line 'b -> \$1': \$1 names no part of the pattern"),
    ],
)
def test_faults(rules: str, message: str) -> None:
    """What is wrong, and where."""
    with pytest.raises(ValueError, match=message):
        compile_rules(rules)


def test_rules_of_one_name_are_one_rule() -> None:
    """Languages add to each other."""
    rules = compile_rules("a:\n    x=1", "a:\n    y=2")
    assert list(rules) == ["a"]
    assert rules.phrases("a") == ["x", "y"]


def test_phrases() -> None:
    """Words that stand together in a rule and in those it uses, as they are written."""
    rules = compile_rules(
        "a:\n    <b> o'clock | 下 个 <b>\n    of the {2} $\nb:\n    one=1\nc:\n    x=1"
    )
    assert rules.phrases("a") == ["o'clock", "of the", "one", "下个"]
    assert rules.phrases("a", "c")[-2:] == ["x", "下个"]


def test_any_word() -> None:
    """One English word, whatever it is; not at the beginning."""
    rules = compile_rules("a:\n    x as in <*> -> $1")
    assert Chart(split_tokens("x as in xylophone")).find(rules["a"], 0)[4][0].value == "xylophone"
    assert Chart(split_tokens("x as in 12")).find(rules["a"], 0) == {}
    with pytest.raises(ValueError, match="cannot begin with any word"):
        compile_rules("a:\n    <*> x")


def test_our_rules() -> None:
    """They compile, and each language has the values that slots read."""
    rules = answer_rules()
    assert {"number", "money", "date", "time", "row", "yn", "filler", "take_back"} <= set(rules)
    for name in ("number", "date", "time", "yn", "filler", "not", "about"):
        words = rules.phrases(name)
        assert any(word.isascii() for word in words)
        assert any(not word.isascii() for word in words)
    found = Chart(split_tokens("two hundred and five")).find(rules["number"], 0)
    assert found[4][0].value == Decimal(205)
