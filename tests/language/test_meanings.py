"""What rules mean."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ivr_agi.language.grammar import Chart
from ivr_agi.language.meanings import MEANINGS, Amount, Clock, Day
from ivr_agi.language.rules import answer_rules
from ivr_agi.language.tokens import split_tokens


def meaning(rule: str, text: str) -> list[Any]:
    """What a rule makes of a whole text."""
    tokens = split_tokens(text)
    found = Chart(tokens).find(answer_rules()[rule], 0)
    return [one.value for one in found.get(len(tokens), [])]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("one hundred and five", [105]), ("twelve hundred", [1200]), ("one sixty six", [166]),
        ("two point five million", [2500000]), ("1.5 million", [1500000]), ("half a dozen", [6]),
        ("1.5 point five", []), ("point five", ["0.5"]), ("minus five", [-5]), ("five grand", [5000]),
        ("two hundred two hundred", []), ("one thousand two thousand", []),
        ("三万五", [35000]), ("三万零五", [30005]), ("一百零五", [105]), ("两千三百五", [2350]),
        ("13万2", [132000]), ("1百01", [101]), ("三点五万", [35000]), ("三四十", [30, 40]),
        ("三万亿", [3 * 10**12]), ("百万", [10**6]), ("负五", [-5]), ("一个半", ["1.5"]),
    ],
)  # fmt: skip
def test_numbers(text: str, values: list[Any]) -> None:
    """English and Chinese; two where it may be either."""
    assert [Decimal(value) for value in meaning("number", text)] == [Decimal(v) for v in values]


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("two dollars fifty", [("2.5", "USD")]), ("five dollars five", [("5.05", "USD"), ("5.5", "USD")]),
        ("ten pounds and fifty pence", [("10.5", "GBP")]), ("ten pounds and fifty cents", [("10.5", "GBP")]),
        ("ten pounds and fifty fen", []), ("fifty cents", [("0.5", None)]), ("50p", [("0.5", "GBP")]),
        ("twelve ninety nine", [("12.99", None), ("1299", None)]), ("1.234,56 euro", [("1234.56", "EUR")]),
        ("三块二", [("3.2", None)]), ("五毛五", [("0.55", "CNY")]), ("人民币一百元", [("100", "CNY")]),
        ("人民币一百美元", []), ("一百零五美元五十美分", [("105.5", "USD")]), ("一百澳元", [("100", "OTHER")]),
    ],
)  # fmt: skip
def test_money(text: str, amounts: list[tuple[str, str | None]]) -> None:
    """With the currency that was named."""
    found = [Amount(Decimal(value), currency) for value, currency in meaning("money", text)]
    assert sorted(found, key=_value) == [Amount(Decimal(value), code) for value, code in amounts]


def _value(amount: Amount) -> Decimal:
    return amount.value


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("march fifth", Day("date", None, 3, 5)), ("march fifth 2027", Day("date", 2027, 3, 5)),
        ("march fifth eighty four", Day("date", "c84", 3, 5)), ("march fifth next year", Day("date", "+1", 3, 5)),
        ("the fifth", Day("date", None, None, 5)), ("tomorrow", Day("near", day=1)),
        ("next friday", Day("weekday", weekday=4, which="next")), ("in two weeks", Day("ahead", day=2, unit="week")),
        ("a week from tomorrow", Day("ahead", day=1, unit="week", base=Day("near", day=1))),
        ("two days ago", Day("ahead", day=-2, unit="day")), ("end of next month", Day("end", month="+1")),
        ("end of the year", Day("date", "+0", 12, 31)), ("20260305", Day("date", 2026, 3, 5)),
        ("3/5/2026", Day("slashes", 2026, 3, 5)), ("12/25", Day("slashes", None, 12, 25)),
        ("3/5/84", Day("slashes", "c84", 3, 5)), ("friday the thirteenth", Day("date", None, None, 13, weekday=4)),
        ("friday march fifth", Day("date", None, 3, 5, weekday=4)), ("monday week", None), ("in five days time", Day("ahead", day=5, unit="day")),
        ("the eleventh of the twelfth", Day("date", None, 12, 11)),
        ("the day before christmas", Day("ahead", day=-1, unit="day", base=Day("date", None, 12, 25))),
        ("a week ago friday", None), ("the 5th of next month", Day("date", None, "+1", 5)),
        ("the last day of march", Day("end", month=3)), ("the first monday of march", Day("nth", None, 3, 1, weekday=0)),
        ("二零二六年三月五号", Day("date", 2026, 3, 5)), ("八五年三月五号", Day("date", "c85", 3, 5)),
        ("去年三月五号", Day("date", "-1", 3, 5)), ("去年今天", Day("same", "-1")), ("二五号", Day("date", None, None, 25)),
        ("二零二六零三零五", Day("date", 2026, 3, 5)), ("下个月初", Day("start", month="+1")),
        ("半个月后", Day("ahead", day=15, unit="day")), ("下下周三", Day("weekday", weekday=2, which="next2")),
    ],
)  # fmt: skip
def test_days(text: str, day: Day | None) -> None:
    """As they were said; the slot knows today."""
    found = meaning("date", text)
    assert len(found) == 1
    assert day is None or found == [day]


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("three pm", Clock(3, 0, "pm")), ("half past three", Clock(3, 30, None)), ("15:30", Clock(15, 30, None, True)),
        ("0830", Clock(8, 30, None, True)), ("ten to three", Clock(3, -10, None)), ("five past noon", Clock(12, 5, "noon")),
        ("oh eight hundred", Clock(8, 0, None, True)), ("midnight", Clock(24, 0, None, True)),
        ("noon pm", None), ("差五分八点", Clock(8, -5, None)), ("下午三点半", Clock(3, 30, "pm")),
        ("3pm in the morning", None), ("9999", None),
    ],
)  # fmt: skip
def test_clocks(text: str, clock: Clock | None) -> None:
    """Nothing where the parts do not go together."""
    assert meaning("time", text) == ([clock] if clock else [])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("double five", ["55"]), ("twenty three", ["23"]), ("one hundred twenty three", ["123"]),
        ("eight hundred five", [("805", "8005")]), ("two thousand and five", ["2005"]), ("三个五", ["555"]),
        ("二十", ["20"]), ("一百二十三", ["123"]), ("一百零五", ["105"]), ("三点五万", ["35000"]), ("1234", ["1234"]),
    ],
)  # fmt: skip
def test_rows(text: str, rows: list[Any]) -> None:
    """As text: zeros in front count."""
    assert meaning("row", text) == rows


def test_parts_that_do_not_go_together() -> None:
    """A function says so, and the pattern does not fit."""
    assert MEANINGS["ahead"](Decimal("1.5"), "day") is NotImplemented
    assert MEANINGS["packed"]("12345678") is NotImplemented
    assert MEANINGS["whole_row"](Decimal("1.5")) is NotImplemented
    assert MEANINGS["on"](1, Day("near", day=1)) is NotImplemented
    assert MEANINGS["in_year"](Day("near", day=1), 2026) is NotImplemented
