"""Lengths of time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ivr_agi.language.slots import Duration, Parsed, Reason
from ivr_agi.language.slots.duration import read_duration, write_duration
from ivr_agi.language.text import Language
from tests.language.slots.tools import check_reasons, outcome, read


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("two hours", "PT2H"),
        ("an hour and a half", "PT1H30M"),
        ("two and a half hours", "PT2H30M"),
        ("half an hour please", "PT30M"),
        ("three quarters of an hour", "PT45M"),
        ("one hour fifteen minutes", "PT1H15M"),
        ("two weeks", "P14D"),
        ("an hour, no, two hours", "PT2H"),
        ("one or two hours", Reason.AMBIGUOUS),
        ("forever", Reason.NOT_UNDERSTOOD),
        ("一个半小时", "PT1H30M"),
        ("半个钟头", "PT30M"),
        ("两个小时零五分钟", "PT2H5M"),
        ("三刻钟", "PT45M"),
        ("两三个小时", Reason.AMBIGUOUS),
        ("三天", "P3D"),
        ("half a second", Reason.NOT_WHOLE),
        ("ten thousand days", Reason.TOO_LARGE),
    ],
)
def test_words(said: str, right: Any) -> None:
    """Units and their parts, in both languages."""
    slot = Duration()
    found = read(slot, said)
    assert (write_duration(found) if isinstance(found, timedelta) else found) == right
    check_reasons(slot, right)


def test_doubt() -> None:
    """About is about."""
    assert Duration().parse("about twenty minutes") == Parsed(timedelta(minutes=20), is_sure=False)


def test_limits_and_keys() -> None:
    """Keys are minutes."""
    slot = Duration(minimum=timedelta(minutes=30), maximum=timedelta(hours=8))
    assert outcome(slot.parse_keys("90")) == timedelta(minutes=90)
    assert outcome(slot.parse_keys("10")) is Reason.TOO_SMALL
    assert outcome(slot.parse_keys("900")) is Reason.TOO_LARGE
    assert outcome(slot.parse_keys("1*5")) is Reason.NOT_UNDERSTOOD


@pytest.mark.parametrize("written", ["PT1H30M", "P2D", "P1DT1S", "PT0S"])
def test_iso(written: str) -> None:
    """ISO 8601, there and back."""
    assert write_duration(read_duration(written)) == written


@pytest.mark.parametrize("written", ["", "P", "PT", "1h", "P1M", "P1.5D", "PT1H1D"])
def test_no_iso(written: str) -> None:
    """What has no fixed length, or is no length at all."""
    with pytest.raises(ValueError, match="PT1H30M or P2D"):
        read_duration(written)


def test_read_back() -> None:
    """In words."""
    slot, length = Duration(), timedelta(days=1, hours=2, minutes=1)
    assert slot.read_back(length, Language.ENGLISH) == "one day and two hours and one minute"
    assert slot.read_back(length, Language.CHINESE) == "一天两小时一分钟"
    assert slot.read_back(timedelta(), Language.ENGLISH) == "zero seconds"
