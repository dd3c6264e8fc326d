"""Months of a year."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ivr_agi.language.slots import MonthYear, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import check_reasons, outcome, read

TODAY = datetime.date(2026, 11, 21)


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("march twenty twenty eight", "2028-03"),
        ("oh four twenty nine", "2029-04"),
        ("04/29", "2029-04"),
        ("0429", "2029-04"),
        ("042029", "2029-04"),
        ("twelve thirty", "2030-12"),
        ("it expires in june twenty seven", "2027-06"),
        ("june next year", "2027-06"),
        ("thirteen twenty eight", Reason.NO_SUCH_DATE),
        ("march or april twenty eight", Reason.AMBIGUOUS),
        ("二零二八年三月", "2028-03"),
        ("零四二九", "2029-04"),
        ("有效期到三零年十二月", "2030-12"),
        ("it never expires", Reason.NOT_UNDERSTOOD),
    ],
)
def test_words(said: str, right: Any) -> None:
    """As on a card, and in words."""
    slot = MonthYear(today=TODAY)
    assert read(slot, said) == right
    check_reasons(slot, right)


def test_limits() -> None:
    """A card that has expired, and one that cannot be."""
    slot = MonthYear(today=TODAY, earliest="2026-11", latest="2040-01")
    assert read(slot, "october twenty twenty six") is Reason.TOO_EARLY
    assert read(slot, "november twenty twenty six") == "2026-11"
    assert read(slot, "may twenty fifty") is Reason.TOO_LATE


def test_keys() -> None:
    """Four or six; after 0420 two more may follow."""
    slot = MonthYear(today=TODAY)
    assert outcome(slot.parse_keys("0429")) == "2029-04"
    assert outcome(slot.parse_keys("042031")) == "2031-04"
    assert outcome(slot.parse_keys("1329")) is Reason.NO_SUCH_DATE
    assert outcome(slot.parse_keys("12")) is Reason.NOT_UNDERSTOOD
    keys = ("042", "0429", "0420", "042029")
    assert [slot.is_complete(each) for each in keys] == [False, True, False, True]


def test_read_back() -> None:
    """In words."""
    slot = MonthYear(today=TODAY)
    assert slot.read_back("2029-04", Language.ENGLISH) == "April twenty twenty nine"
    assert slot.read_back("2029-04", Language.CHINESE) == "二零二九年四月"
