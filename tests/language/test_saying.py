"""Values as words, in both languages."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.saying import (
    CURRENCIES,
    plain_number,
    render,
    spell_digits,
    spell_number,
)
from ivr_agi.language.text import Language

EN, ZH = Language.ENGLISH, Language.CHINESE


@pytest.mark.parametrize(
    ("kind", "value", "english", "chinese"),
    [
        ("digits", "138 10", "one three eight, one zero", "幺三八，幺零"),
        ("digits", "A7", "A seven", "A七"),
        ("number", 0, "zero", "零"),
        ("number", "-102.50", "minus one hundred and two point five", "负一百零二点五"),
        ("number", 12, "twelve", "十二"),
        ("number", 2200, "two thousand two hundred", "两千二百"),
        ("number", 20_000, "twenty thousand", "两万"),
        ("number", 100_010, "one hundred thousand and ten", "十万零一十"),
        ("number", 1_000_000_001, "one billion and one", "十亿零一"),
        ("number", 42.5, "forty two point five", "四十二点五"),
        ("date", "2026-03-05", "Thursday, March fifth, twenty twenty six",
         "二零二六年三月五日，星期四"),
        ("date", date(2005, 12, 31), "Saturday, December thirty first, two thousand and five",
         "二零零五年十二月三十一日，星期六"),
        ("date", "1900-01-20", "Saturday, January twentieth, nineteen hundred",
         "一九零零年一月二十日，星期六"),
        ("date", "1908-02-12", "Wednesday, February twelfth, nineteen oh eight",
         "一九零八年二月十二日，星期三"),
        ("time", "15:30", "three thirty p m", "下午三点三十分"),
        ("time", time(2, 5), "two oh five a m", "凌晨两点零五分"),
        ("time", "12:00", "twelve p m", "中午十二点"),
        ("time", "20:00", "eight p m", "晚上八点"),
    ],
)  # fmt: skip
def test_values(kind: str, value: object, english: str, chinese: str) -> None:
    """As they are said on the telephone."""
    assert render(kind, value, EN) == english
    assert render(kind, value, ZH) == chinese


@pytest.mark.parametrize(
    ("amount", "currency", "english", "chinese"),
    [
        ("1", "USD", "one dollar", "一美元"),
        ("2", "USD", "two dollars", "两美元"),
        ("12.50", "USD", "twelve dollars and fifty cents", "十二美元五十美分"),
        ("0.01", "GBP", "one penny", "一便士"),
        ("-3", "CNY", "minus three yuan", "负三元"),
        ("12.5", "CNY", "twelve yuan and fifty fen", "十二元五角"),
        ("10.05", "CNY", "ten yuan and five fen", "十元零五分"),
        ("0", "EUR", "zero euros", "零欧元"),
        ("12.995", "EUR", "thirteen euros", "十三欧元"),
        ("99.5", "JPY", "one hundred yen", "一百日元"),
    ],
)
def test_money(amount: str, currency: str, english: str, chinese: str) -> None:
    """Rounded to what the currency has; the singular for one."""
    assert render("money", amount, EN, currency=currency) == english
    assert render("money", amount, ZH, currency=currency) == chinese


@pytest.mark.parametrize(
    ("kind", "value"),
    [("number", "abc"), ("number", "NaN"), ("number", 10**12), ("number", None),
     ("money", "Infinity"), ("date", "2026-02-30"), ("time", "25:00"), ("date", 5)],
)  # fmt: skip
def test_what_is_no_value(kind: str, value: object) -> None:
    """The error does not quote it."""
    with pytest.raises(ValueError, match=f"^the value cannot be read back as {kind}$"):
        render(kind, value, EN)


def test_unknown_kinds_and_currencies() -> None:
    """What there is, is said."""
    with pytest.raises(
        ValueError, match="one of digits, number, percent, money, date, time, not 'x'"
    ):
        render("x", 1, EN)
    with pytest.raises(ValueError, match="currency is one of CNY"):
        render("money", 1, EN, currency="XXX")


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        ("0", "零", "zero"), ("10", "十", "ten"), ("12", "十二", "twelve"),
        ("20", "二十", "twenty"), ("100", "一百", "one hundred"),
        ("101", "一百零一", "one hundred and one"), ("110", "一百一十", "one hundred and ten"),
        ("222", "二百二十二", "two hundred and twenty two"),
        ("1001", "一千零一", "one thousand and one"),
        ("1050", "一千零五十", "one thousand and fifty"), ("2000", "两千", "two thousand"),
        ("10050", "一万零五十", "ten thousand and fifty"), ("20000", "两万", "twenty thousand"),
        ("105000", "十万五千", "one hundred and five thousand"),
        ("120000", "十二万", "one hundred and twenty thousand"),
        ("1000000", "一百万", "one million"),
        ("100000001", "一亿零一", "one hundred million and one"),
        ("200000000", "两亿", "two hundred million"), ("-5", "负五", "minus five"),
        ("3.14", "三点一四", "three point one four"), ("0.50", "零点五", "zero point five"),
    ],
)  # fmt: skip
def test_spell_number(number: str, zh: str, en: str) -> None:
    """As they are said."""
    assert spell_number(Decimal(number), Language.CHINESE) == zh
    assert spell_number(Decimal(number), Language.ENGLISH) == en


def test_spell_digits() -> None:
    """One by one; a blank is a pause; letters stay."""
    assert spell_digits("10 8X", Language.CHINESE) == "幺零，八X"
    assert spell_digits("10 8X", Language.ENGLISH) == "one zero, eight X"


def test_plain_number() -> None:
    """No exponent, no idle zeros."""
    assert [plain_number(Decimal(text)) for text in ("1E+3", "1.50", "100", "0.00")] == [
        "1000",
        "1.5",
        "100",
        "0",
    ]


@given(st.decimals(-(10**12) + 1, 10**12 - 1, places=2), st.sampled_from(sorted(CURRENCIES)))
def test_any_number_has_words(value: Decimal, currency: str) -> None:
    """Nothing is left in digits, nothing is empty."""
    for language in Language:
        for words in (
            render("number", value, language),
            render("money", value, language, currency=currency) if abs(value) < 10**11 else "x",
        ):
            assert words.strip() == words != ""
            assert not any(char.isdigit() and char.isascii() for char in words)
    assert Decimal(plain_number(value)) == value


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("4.5", "百分之四点五", "four point five percent"),
        ("100%", "百分之一百", "one hundred percent"),
        (-2, "负百分之二", "minus two percent"),
    ],
)
def test_percentages(value: object, zh: str, en: str) -> None:
    """Said as people say them."""
    assert (render("percent", value, ZH), render("percent", value, EN)) == (zh, en)
