"""Dealing out words: the cheapest way, and others that are as good."""

from __future__ import annotations

import datetime

import pytest

from ivr_agi.language.slots import (
    Date,
    Digits,
    FreeText,
    ListOption,
    Number,
    OneOf,
    PhoneNumber,
    Time,
    YesNo,
)
from ivr_agi.language.slots.dealing import (
    MARGIN,
    Dealer,
    FormField,
    can_be_found,
    join_tokens,
    n_filled,
)
from ivr_agi.language.tokens import split_tokens

TODAY = datetime.date(2026, 10, 1)
DOCTORS = OneOf(options=(ListOption("a", ("Doctor Adams", "Adams")), ListOption("m", ("Miller",))))
FIELDS = (
    FormField("people", Number(), ("guests",)),
    FormField("day", Date(today=TODAY)),
    FormField("hour", Time()),
    FormField("code", Digits(min_length=4, max_length=6), ("code",)),
    FormField("doctor", DOCTORS),
)


def dealt(text: str, asked: str = "") -> dict[str, str]:
    """The words of each field on the cheapest way."""
    tokens = split_tokens(text)
    way = Dealer(tokens, FIELDS, asked).find_ways()[0]
    return {FIELDS[number].name: join_tokens(tokens[start:end]) for number, start, end in way.dealt}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("four guests at seven", {"people": "four", "hour": "seven"}),
        ("code one two three four", {"code": "one two three four"}),
        ("my code is 12, 34", {"code": "12 , 34"}),
        ("at seven thirty on march third", {"hour": "seven thirty", "day": "march third"}),
        ("tomorrow with doctor adams", {"day": "tomorrow", "doctor": "doctor adams"}),
        ("the code", {"code": ""}),
        ("nothing of it", {}),
    ],
)
def test_the_cheapest_way(text: str, expected: dict[str, str]) -> None:
    """Marks and names say whose a word is; a name alone has no words."""
    assert dealt(text) == expected


def test_what_was_asked_for_goes_first() -> None:
    """A bare number is its value."""
    assert dealt("seven", asked="hour") == {"hour": "seven"}
    assert dealt("seven", asked="people") == {"people": "seven"}
    assert dealt("the second one", asked="doctor") == {"doctor": "the second one"}


def test_ways_that_are_as_good() -> None:
    """Differ in what they give to whom."""
    dealer = Dealer(["seven"], FIELDS, "")
    ways = dealer.find_ways()
    near = [way for way in ways if way.cost <= ways[0].cost + MARGIN]
    assert {n_filled(way) for way in near} == {1}
    assert dealer.differing(ways[0], near) == {0, 2}
    sure = Dealer(["at", "seven"], FIELDS, "").find_ways()[0]
    assert dealer.kind(2) == "time"
    assert dealer.kind(4) == ""
    assert [edge.role for _, edge in sure.edges] == ["value"]


@pytest.mark.parametrize("text", ["on 3/5/2026 at 15:30", "the 5th, 1,234", "12.5", "2026-10-02"])
def test_tokens_as_text(text: str) -> None:
    """Give the same tokens again."""
    tokens = split_tokens(text)
    assert split_tokens(join_tokens(tokens)) == tokens


def test_what_can_be_found_in_a_sentence() -> None:
    """Not what any word may be."""
    assert can_be_found(PhoneNumber())
    assert can_be_found(DOCTORS)
    assert not can_be_found(YesNo())
    assert not can_be_found(FreeText())
