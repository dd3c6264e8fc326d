"""Numbers as words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ivr_agi.flow.spoken import Language, plain, spell_digits, spell_number


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        ("0", "零", "zero"), ("10", "十", "ten"), ("12", "十二", "twelve"), ("20", "二十", "twenty"),
        ("100", "一百", "one hundred"), ("101", "一百零一", "one hundred and one"),
        ("110", "一百一十", "one hundred and ten"), ("222", "二百二十二", "two hundred and twenty two"),
        ("1001", "一千零一", "one thousand and one"), ("1050", "一千零五十", "one thousand and fifty"),
        ("2000", "两千", "two thousand"), ("10050", "一万零五十", "ten thousand and fifty"),
        ("20000", "两万", "twenty thousand"), ("105000", "十万五千", "one hundred and five thousand"),
        ("120000", "十二万", "one hundred and twenty thousand"), ("1000000", "一百万", "one million"),
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


def test_plain() -> None:
    """No exponent, no idle zeros."""
    assert [plain(Decimal(text)) for text in ("1E+3", "1.50", "100", "0.00")] == [
        "1000",
        "1.5",
        "100",
        "0",
    ]
