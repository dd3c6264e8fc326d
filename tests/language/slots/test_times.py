"""Times of day."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.slots import Reason, Time
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("下午三点", "15:00"), ("下午三点半", "15:30"), ("早上八点", "08:00"), ("上午十点二十", "10:20"),
        ("上午十点二十分", "10:20"), ("晚上八点零五分", "20:05"), ("下午两点一刻", "14:15"), ("下午三点三刻", "15:45"),
        ("差五分八点早上", "07:55"), ("晚上八点差一刻", "19:45"), ("中午十二点", "12:00"), ("中午十二点半", "12:30"),
        ("正午", "12:00"), ("午夜", "00:00"), ("半夜十二点", "00:00"), ("凌晨两点", "02:00"), ("晚上十二点", "00:00"),
        ("十五点三十分", "15:30"), ("15:30", "15:30"), ("１５：３０", "15:30"), ("下午三点整", "15:00"), ("晚上九点钟", "21:00"),
        ("中午一点", "13:00"), ("中午十一点半", "11:30"), ("零点", "00:00"), ("零点三十分", "00:30"), ("二十点", "20:00"),
        ("明天下午三点", "15:00"), ("下午3点30", "15:30"), ("傍晚六点", "18:00"), ("二十四点", "00:00"),
        ("three pm", "15:00"), ("three p.m.", "15:00"), ("3pm", "15:00"), ("three thirty pm", "15:30"),
        ("half past three in the afternoon", "15:30"), ("quarter past nine am", "09:15"),
        ("a quarter to five pm", "16:45"), ("ten to eight in the morning", "07:50"),
        ("twenty past six in the evening", "18:20"), ("noon", "12:00"), ("midnight", "00:00"),
        ("twelve noon", "12:00"), ("twelve pm", "12:00"), ("twelve am", "00:00"), ("eight o'clock am", "08:00"),
        ("nine oh five am", "09:05"), ("fifteen thirty", "15:30"), ("fifteen hundred hours", "15:00"),
        ("eight at night", "20:00"), ("three o'clock this afternoon", "15:00"), ("3:30 pm", "15:30"),
        ("0830", "08:30"), ("eleven fifty nine pm", "23:59"), ("ten minutes past one pm", "13:10"),
        # refused
        ("三点", Reason.HALF_OF_DAY), ("three o'clock", Reason.HALF_OF_DAY), ("half past three", Reason.HALF_OF_DAY),
        ("三点半", Reason.HALF_OF_DAY), ("eight thirty", Reason.HALF_OF_DAY), ("八", Reason.HALF_OF_DAY),
        ("二十五点", Reason.NO_SUCH_DATE), ("三点七十分", Reason.NO_SUCH_DATE), ("15 am", Reason.NO_SUCH_DATE),
        ("三点或者五点", Reason.AMBIGUOUS), ("hello", Reason.NOT_UNDERSTOOD), ("", Reason.NOT_UNDERSTOOD),
        ("下午", Reason.NOT_UNDERSTOOD), ("morning", Reason.NOT_UNDERSTOOD),
    ],
)  # fmt: skip
def test_words(text: str, expected: str | Reason) -> None:
    """Without opening hours the half of the day has to be said."""
    found = read(Time(), text)
    assert found == (expected if isinstance(expected, Reason) else time.fromisoformat(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三点", "15:00"), ("九点", "09:00"), ("half past three", "15:30"), ("eight o'clock", "08:00"),
        ("twelve", "12:00"), ("六点", "18:00"), ("早上六点", Reason.TOO_EARLY), ("晚上九点", Reason.TOO_LATE),
        ("七点", Reason.TOO_EARLY), ("18:01", Reason.TOO_LATE),
    ],
)  # fmt: skip
def test_opening_hours_choose_the_half(text: str, expected: str | Reason) -> None:
    """From 8 to 18 no hour is there twice, but for none."""
    found = read(Time(earliest=time(8), latest=time(18)), text)
    assert found == (expected if isinstance(expected, Reason) else time.fromisoformat(expected))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [("1530", "15:30"), ("930", "09:30"), ("0000", "00:00"), ("2400", Reason.NO_SUCH_DATE),
     ("1260", Reason.NO_SUCH_DATE), ("15", Reason.NOT_UNDERSTOOD), ("15*0", Reason.NOT_UNDERSTOOD)],
)  # fmt: skip
def test_keys(keys: str, expected: str | Reason) -> None:
    """Hour and minute, 24 hours."""
    found = outcome(Time().parse_keys(keys))
    assert found == (expected if isinstance(expected, Reason) else time.fromisoformat(expected))


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("15:30", "下午三点三十分", "three thirty p m"), ("08:05", "上午八点零五分", "eight oh five a m"),
        ("12:00", "中午十二点", "twelve p m"), ("00:10", "凌晨十二点十分", "twelve ten a m"),
        ("14:00", "下午两点", "two p m"), ("21:15", "晚上九点十五分", "nine fifteen p m"),
    ],
)  # fmt: skip
def test_read_back_words(value: str, zh: str, en: str) -> None:
    """With the half of the day."""
    assert Time().read_back(time.fromisoformat(value), Language.CHINESE) == zh
    assert Time().read_back(time.fromisoformat(value), Language.ENGLISH) == en


@given(st.integers(0, 1439), st.sampled_from(Language))
def test_read_back_is_understood(minutes: int, language: Language) -> None:
    """Round trip over the whole day."""
    value = time(*divmod(minutes, 60))
    assert read(Time(), Time().read_back(value, language)) == value
