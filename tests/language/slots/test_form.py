"""Several answers in one sentence."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from ivr_agi.language.slots import (
    Date,
    Digits,
    ListOption,
    Money,
    Number,
    OneOf,
    Parsed,
    Reason,
    Rejected,
    Time,
)
from ivr_agi.language.slots.dealing import FormField
from ivr_agi.language.slots.form import read_form

TODAY = datetime.date(2026, 10, 1)  # a Thursday
TOMORROW, FRIDAY = "2026-10-02", "2026-10-02"
TABLE = (
    FormField("people", Number(minimum=Decimal(1), maximum=Decimal(12)), ("guests", "party")),
    FormField("day", Date(today=TODAY)),
    FormField("hour", Time(earliest=datetime.time(17), latest=datetime.time(22))),
)
DOCTORS = OneOf(
    options=(
        ListOption("adams", ("Adams", "Doctor Adams")),
        ListOption("miller", ("Miller", "Doctor Miller")),
    )
)
VISIT = (
    FormField("doctor", DOCTORS),
    FormField("day", Date(today=TODAY)),
    FormField("hour", Time(earliest=datetime.time(8), latest=datetime.time(17, 30))),
)
PAYEES = OneOf(options=(ListOption("zs", ("张三",)), ListOption("ls", ("李四",))))
TRANSFER = (
    FormField("payee", PAYEES, ("收款人",)),
    FormField("amount", Money()),
    FormField("card", Digits(min_length=4, max_length=4), ("尾号",)),
    FormField("day", Date(today=TODAY)),
)


def values(fields: tuple[FormField, ...], text: str, asked: str = "") -> dict[str, str]:
    """Read a sentence; a doubtful value ends in ``?``, a rejected one is its reason."""
    read = read_form(text, fields, asked=asked)
    return {name: _shown(value) for name, value in read.values.items()}


def _shown(value: Parsed[Any] | Rejected) -> str:
    if isinstance(value, Rejected):
        return value.reason.value
    told = value.value.normalize() if isinstance(value.value, Decimal) else value.value
    return (f"{told:f}" if isinstance(told, Decimal) else f"{told}") + "?" * (not value.is_sure)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a table for four tomorrow at seven", ("4", TOMORROW, "19:00:00")),
        ("a table for four, tomorrow at seven, please", ("4", TOMORROW, "19:00:00")),
        ("tomorrow at seven for four people", ("4", TOMORROW, "19:00:00")),
        ("I'd like to book a table tomorrow at seven for four", ("4", TOMORROW, "19:00:00")),
        ("four people at half past seven on Friday", ("4", FRIDAY, "19:30:00")),
        ("on the third of October at eight pm, party of six", ("6", "2026-10-03", "20:00:00")),
        ("four tomorrow at seven", ("4", TOMORROW, "19:00:00")),
        ("at seven tomorrow, we are four", ("4", TOMORROW, "19:00:00")),
        ("四个人，明天晚上七点", ("4", TOMORROW, "19:00:00")),
        ("明天七点，我们四位", ("4", TOMORROW, "19:00:00")),
        ("a table for four, no, five, tomorrow at seven", ("5", TOMORROW, "19:00:00")),
        ("a table for four tomorrow at seven, no, at eight", ("4", TOMORROW, "20:00:00")),
        ("a table for four tomorrow at seven, no, eight", ("4", TOMORROW, "20:00:00")),
        ("a table for four tomorrow, no sorry, Saturday, at seven", ("4", "2026-10-03", "19:00:00")),
        ("table for two on Saturday seven thirty pm", ("2", "2026-10-03", "19:30:00")),
        ("tomorrow evening at eight for two people", ("2", TOMORROW, "20:00:00")),
        ("four guests on Saturday at nine in the evening", ("4", "2026-10-03", "21:00:00")),
        ("tomorrow for two at seven, no sorry, Saturday for four at eight",
         ("4", "2026-10-03", "20:00:00")),
        ("it's for three, tomorrow, around eight", ("3", TOMORROW, "20:00:00?")),
        ("two adults and two kids tomorrow at six", ("ambiguous", TOMORROW, "18:00:00")),
        ("book four seats for Sunday at quarter past seven", ("4", "2026-10-04", "19:15:00")),
        ("not tomorrow, the day after tomorrow, at seven for two", ("2", "2026-10-03", "19:00:00")),
        ("订个位子，明天晚上六点半，三位", ("3", TOMORROW, "18:30:00")),
        ("不是明天，是后天，七点，两个人", ("2", "2026-10-03", "19:00:00")),
    ],
)  # fmt: skip
def test_a_table(text: str, expected: tuple[str, str, str]) -> None:
    """Any order, one breath, corrections."""
    assert values(TABLE, text) == dict(zip(("people", "day", "hour"), expected, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for four tomorrow", {"people": "4", "day": TOMORROW}),
        ("tomorrow", {"day": TOMORROW}),
        ("at seven", {"hour": "19:00:00"}),
        ("six people please", {"people": "6"}),
        ("a table for forty tomorrow", {"people": "too_large", "day": TOMORROW}),
        ("at three tomorrow", {"hour": "too_early", "day": TOMORROW}),
        ("four or five people tomorrow", {"people": "ambiguous", "day": TOMORROW}),
        ("about six people at seven", {"people": "6?", "hour": "19:00:00"}),
        ("a table by the window for four", {"people": "4?"}),
        ("hello", {}),
        ("the weather is nice", {}),
        ("the thirtieth of February", {"day": "no_such_date"}),
    ],
)
def test_a_part_of_it(text: str, expected: dict[str, str]) -> None:
    """What is missing is missing, what is refused says why, what is left over makes it doubtful."""
    assert values(TABLE, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Doctor Miller tomorrow at three pm", ("miller", TOMORROW, "15:00:00")),
        ("an appointment with doctor adams on monday at nine", ("adams", "2026-10-05", "09:00:00")),
        ("not Miller, Adams, tomorrow at ten", ("adams", TOMORROW, "10:00:00")),
        ("Monday at nine, no wait, Tuesday at ten, with Adams", ("adams", "2026-10-06", "10:00:00")),
        ("I'd like to see Doctor Miller next Tuesday at half past two",
         ("miller", "2026-10-06", "14:30:00")),
    ],
)  # fmt: skip
def test_a_visit(text: str, expected: tuple[str, str, str]) -> None:
    """With one of a list."""
    assert values(VISIT, text) == dict(zip(("doctor", "day", "hour"), expected, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("明天给张三转五百块", {"payee": "zs", "amount": "500", "day": TOMORROW}),
        ("我想转八百块给李四", {"payee": "ls", "amount": "800"}),
        ("转一千二到张三尾号一二三四的卡", {"payee": "zs", "amount": "1200", "card": "1234"}),
        ("给李四转五百，不对，是八百", {"payee": "ls", "amount": "800"}),
        ("给李四，不对，给张三转八百块", {"payee": "zs", "amount": "800"}),
        ("给张三转三四百块", {"payee": "zs", "amount": "ambiguous"}),
        ("给张三转五百左右", {"payee": "zs", "amount": "500?"}),
    ],
)
def test_a_transfer(text: str, expected: dict[str, str]) -> None:
    """In Chinese."""
    assert values(TRANSFER, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("any doctor but Miller", {"doctor": "adams?"}),
        ("the first appointment tomorrow", {"day": "ambiguous"}),
        ("Doctor Adams or Doctor Miller", {"doctor": "ambiguous"}),
        ("not Miller", {"doctor": "not_understood"}),
    ],
)
def test_what_is_not_certain(text: str, expected: dict[str, str]) -> None:
    """Is asked about."""
    assert values(VISIT, text) == expected


def test_what_may_be_two_things_is_neither() -> None:
    """Until one of them is asked for."""
    fields = (FormField("people", Number()), FormField("hour", Time()))
    assert read_form("seven", fields).unclear == {"people", "hour"}
    assert not read_form("seven", fields).values
    assert values(fields, "seven", asked="people") == {"people": "7"}


def test_two_of_a_type() -> None:
    """By their names, else in their order."""
    fields = (
        FormField("arrival", Date(today=TODAY), ("from", "arriving")),
        FormField("departure", Date(today=TODAY), ("to", "until", "leaving")),
    )
    both = {"arrival": "2026-10-05", "departure": "2026-10-09"}
    assert values(fields, "from Monday to next Friday") == both
    assert values(fields, "leaving next Friday, arriving Monday") == both
    assert values(fields, "Monday, next Friday") == both


@pytest.mark.parametrize(
    ("text", "named", "given"),
    [
        ("the date is wrong", ("day",), {}),
        ("change the time please", ("hour",), {}),
        ("no, the time is not right", ("hour",), {}),
        ("no, at eight", (), {"hour": "20:00:00"}),
        ("no, make it five people", (), {"people": "5"}),
        ("change the time to eight", (), {"hour": "20:00:00"}),
        ("the date should be Saturday", (), {"day": "2026-10-03"}),
        ("日期不对", ("day",), {}),
        ("时间改成八点", (), {"hour": "20:00:00"}),
        ("不对，是五个人", (), {"people": "5"}),
        ("the time and the date are wrong", ("hour", "day"), {}),
        ("yes, but for five guests", (), {"people": "5"}),
    ],
)
def test_corrections(text: str, named: tuple[str, ...], given: dict[str, str]) -> None:
    """By name and by value."""
    read = read_form(text, TABLE)
    assert read.named == named
    assert {name: _shown(value) for name, value in read.values.items()} == given
    assert not read.left_over


def test_it_tells_which_words_made_what() -> None:
    """For display."""
    read = read_form("a table for four tomorrow at seven by the window", TABLE)
    assert ("at seven", "hour") in read.pieces
    assert ("tomorrow", "day") in read.pieces
    assert ("window", "left over") in read.pieces
    assert "window" in read.left_over


def test_an_option_that_only_sounds_like_it_is_doubtful() -> None:
    """A slip of the recogniser."""
    assert values(VISIT, "Doctor Millar tomorrow at ten")["doctor"] == "miller?"


def test_a_refused_value_says_why() -> None:
    """Reasons are those of the slot."""
    read = read_form("at noon", TABLE)
    assert read.values == {"hour": Rejected(Reason.TOO_EARLY)}


@pytest.mark.parametrize(
    "text",
    ["two adults and two kids at seven pm", "two adults and three kids", "两个大人三个小孩"],
)
def test_numbers_that_add_up_are_never_the_first_of_them(text: str) -> None:
    """The caller is asked for the sum; and no kid is an hour."""
    fields = (FormField("people", Number(), ("people",)), FormField("hour", Time()))
    found = values(fields, text)
    assert found.get("people") in {None, "ambiguous"}
    assert found.get("hour") in {None, "19:00:00"}
