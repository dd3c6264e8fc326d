"""Dates. Today is Saturday, 21 November 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.slots import Date, Prefer, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # relative
        ("今天", "2026-11-21"), ("明天", "2026-11-22"), ("后天", "2026-11-23"), ("大后天", "2026-11-24"),
        ("昨天", "2026-11-20"), ("前天", "2026-11-19"), ("大前天", "2026-11-18"), ("明天下午", "2026-11-22"),
        ("today", "2026-11-21"), ("tomorrow", "2026-11-22"), ("tomorrow morning please", "2026-11-22"),
        ("the day after tomorrow", "2026-11-23"), ("yesterday", "2026-11-20"),
        ("the day before yesterday", "2026-11-19"),
        ("三天后", "2026-11-24"), ("三天以后", "2026-11-24"), ("两周后", "2026-12-05"), ("两个星期之后", "2026-12-05"),
        ("一个月后", "2026-12-21"), ("一年后", "2027-11-21"), ("十天前", "2026-11-11"),
        ("in three days", "2026-11-24"), ("in a week", "2026-11-28"), ("two weeks from now", "2026-12-05"),
        ("a month ago", "2026-10-21"), ("in two months", "2027-01-21"), ("3 days ago", "2026-11-18"),
        # weekdays
        ("周五", "2026-11-27"), ("星期一", "2026-11-23"), ("礼拜天", "2026-11-22"), ("周六", "2026-11-21"),
        ("下周五", "2026-11-27"), ("下个星期三", "2026-11-25"), ("下下周一", "2026-11-30"),
        ("这周五", "2026-11-20"), ("本周日", "2026-11-22"), ("上周二", "2026-11-10"), ("下周日", "2026-11-29"),
        ("friday", "2026-11-27"), ("on Friday", "2026-11-27"), ("next Friday", "2026-11-27"),
        ("this sunday", "2026-11-22"), ("next sunday", "2026-11-29"), ("last friday", "2026-11-20"),
        ("saturday", "2026-11-21"), ("last saturday", "2026-11-14"), ("coming monday", "2026-11-23"),
        # month and day
        ("三月五号", "2027-03-05"), ("三月五日", "2027-03-05"), ("3月5号", "2027-03-05"), ("十二月二十五", "2026-12-25"),
        ("十一月二十一号", "2026-11-21"), ("十一月二十号", "2027-11-20"), ("明年三月五号", "2027-03-05"),
        ("去年三月五号", "2025-03-05"), ("今年十二月一号", "2026-12-01"), ("后年一月一号", "2028-01-01"),
        ("二月二十九号", "2028-02-29"), ("五号", "2026-12-05"), ("二十五号", "2026-11-25"), ("三十一号", "2026-12-31"),
        ("下个月五号", "2026-12-05"), ("这个月三十号", "2026-11-30"), ("月底", "2026-11-30"), ("下月底", "2026-12-31"),
        ("上个月十号", "2026-10-10"),
        ("march fifth", "2027-03-05"), ("the fifth of march", "2027-03-05"), ("December 25th", "2026-12-25"),
        ("dec 25", "2026-12-25"), ("may second", "2027-05-02"), ("the twenty fifth", "2026-11-25"),
        ("the twenty-fifth of december", "2026-12-25"), ("the 5th of next month", "2026-12-05"),
        ("september thirtieth", "2027-09-30"), ("february twenty ninth", "2028-02-29"),
        ("the first", "2026-12-01"), ("end of next month", "2026-12-31"),
        # in full
        ("二零二六年三月五号", "2026-03-05"), ("2026年3月5日", "2026-03-05"), ("二零二七年十月一号", "2027-10-01"),
        ("2026-03-05", "2026-03-05"), ("2026/3/5", "2026-03-05"), ("20260305", "2026-03-05"),
        ("二零二六零三零五", "2026-03-05"), ("25/12/2026", "2026-12-25"), ("12/25/2026", "2026-12-25"),
        ("March 5, 2026", "2026-03-05"), ("march fifth twenty twenty six", "2026-03-05"),
        ("march fifth two thousand and twenty six", "2026-03-05"), ("5th of march 2026", "2026-03-05"),
        ("January first nineteen eighty four", "1984-01-01"), ("may third nineteen oh five", "1905-05-03"),
        ("三月五号星期五", "2027-03-05"), ("Friday March 5th 2027", "2027-03-05"), ("周五，三月五号", "2027-03-05"),
        ("我想约下周三上午", "2026-11-25"), ("I'd like the 3rd of December", "2026-12-03"),
        # more
        ("the first monday of december", "2026-12-07"), ("the second tuesday of next month", "2026-12-08"),
        ("三月第一个星期一", "2027-03-01"), ("the fifth tuesday of december", "2026-12-29"),
        ("the fifth monday of december", Reason.NO_SUCH_DATE), ("去年今天", "2025-11-21"),
        ("下个月初", "2026-12-01"), ("the last day of march", "2027-03-31"), ("the last day of december", "2026-12-31"),
        ("a week from tomorrow", "2026-11-29"), ("in a fortnight", "2026-12-05"), ("12/25", "2026-12-25"),
        ("3/5", Reason.AMBIGUOUS), ("3/3", "2027-03-03"), ("next monday not tuesday", "2026-11-23"),
        ("last week tuesday", "2026-11-10"), ("上上周五", "2026-11-06"), ("十三月底", Reason.NO_SUCH_DATE),
        ("下週三", "2026-11-25"), ("除了周一", Reason.AMBIGUOUS), ("every monday", Reason.NOT_UNDERSTOOD),
        # refused
        ("二月三十号", Reason.NO_SUCH_DATE), ("february thirtieth", Reason.NO_SUCH_DATE),
        ("2026-02-29", Reason.NO_SUCH_DATE), ("三十二号", Reason.NO_SUCH_DATE), ("十三月一号", Reason.NO_SUCH_DATE),
        ("monday or tuesday", Reason.AMBIGUOUS), ("明天或者后天", Reason.AMBIGUOUS),
        ("三月五号星期一", Reason.AMBIGUOUS), ("3/5/2026", Reason.AMBIGUOUS),
        ("hello", Reason.NOT_UNDERSTOOD), ("", Reason.NOT_UNDERSTOOD), ("三点", Reason.NOT_UNDERSTOOD),
        ("I may come", Reason.NOT_UNDERSTOOD), ("下周", Reason.NOT_UNDERSTOOD),
    ],
)  # fmt: skip
def test_words(text: str, expected: str | Reason) -> None:
    """In the future where the year or month is left open."""
    found = read(Date(today=TODAY), text)
    assert found == (expected if isinstance(expected, Reason) else date.fromisoformat(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三月五号", "2026-03-05"), ("十二月一号", "2025-12-01"), ("周五", "2026-11-20"), ("周六", "2026-11-21"),
        ("八五年三月五号", "1985-03-05"), ("零五年三月五号", "2005-03-05"), ("26年3月5号", "2026-03-05"),
        ("march fifth", "2026-03-05"), ("friday", "2026-11-20"), ("五号", "2026-11-05"), ("二月二十九号", "2024-02-29"),
        ("一九八五年十二月三十一日", "1985-12-31"), ("last friday", "2026-11-20"), ("三十一号", "2026-10-31"),
    ],
)  # fmt: skip
def test_the_past(text: str, expected: str) -> None:
    """Birthdays and purchases."""
    assert read(Date(today=TODAY, prefer=Prefer.PAST), text) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    "text", ["tuesday next week", "next week on Tuesday", "下周二", "next tuesday"]
)
def test_next_week_begins_on_monday(text: str) -> None:
    """On a Monday, next Tuesday is not tomorrow."""
    assert read(Date(today=date(2026, 11, 23)), text) == date(2026, 12, 1)


def test_range() -> None:
    """Both ends belong to it."""
    slot = Date(today=TODAY, earliest=TODAY, latest=TODAY + timedelta(days=30))
    assert read(slot, "昨天") is Reason.TOO_EARLY
    assert read(slot, "today") == TODAY
    assert read(slot, "in a year") is Reason.TOO_LATE


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("20260305", "2026-03-05"), ("0305", "2027-03-05"), ("1231", "2026-12-31"),
        ("20260230", Reason.NO_SUCH_DATE), ("1301", Reason.NO_SUCH_DATE),
        ("305", Reason.NOT_UNDERSTOOD), ("", Reason.NOT_UNDERSTOOD), ("0000", Reason.NO_SUCH_DATE),
    ],
)  # fmt: skip
def test_keys(keys: str, expected: str | Reason) -> None:
    """Year, month, day or month, day."""
    found = outcome(Date(today=TODAY).parse_keys(keys))
    assert found == (expected if isinstance(expected, Reason) else date.fromisoformat(expected))


@pytest.mark.parametrize(
    ("day", "zh", "en"),
    [
        ("2026-03-05", "二零二六年三月五日，星期四", "Thursday, March fifth, twenty twenty six"),
        ("1984-12-31", "一九八四年十二月三十一日，星期一", "Monday, December thirty first, nineteen eighty four"),
        ("2005-06-20", "二零零五年六月二十日，星期一", "Monday, June twentieth, two thousand and five"),
        ("1900-01-10", "一九零零年一月十日，星期三", "Wednesday, January tenth, nineteen hundred"),
    ],
)  # fmt: skip
def test_read_back_words(day: str, zh: str, en: str) -> None:
    """With the weekday."""
    value = date.fromisoformat(day)
    assert Date(today=TODAY).read_back(value, Language.CHINESE) == zh
    assert Date(today=TODAY).read_back(value, Language.ENGLISH) == en


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from(Language))
def test_read_back_is_understood(value: date, language: Language) -> None:
    """Round trip."""
    slot = Date(today=TODAY)
    assert read(slot, slot.read_back(value, language)) == value


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 6), st.sampled_from(Prefer))
def test_a_weekday_is_within_a_week(today: date, number: int, prefer: Prefer) -> None:
    """The next or the last one, today included."""
    found = read(Date(today=today, prefer=prefer), "星期" + "一二三四五六日"[number])
    assert found.weekday() == number
    assert 0 <= (found - today).days * (1 if prefer is Prefer.FUTURE else -1) < 7
