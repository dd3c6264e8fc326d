"""Amounts of money."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.slots import Money, Parsed, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read

CURRENCIES = ["CNY", "USD", "EUR", "GBP", "HKD"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一百块", "100"), ("一百元", "100"), ("一百", "100"), ("100", "100"), ("¥100", "100"),
        ("一百二十五块五毛", "125.5"), ("一百二十五块五", "125.5"), ("两块零五", "2.05"),
        ("两块五毛五", "2.55"), ("三块六毛八分", "3.68"), ("五毛", "0.5"), ("八分钱", "0.08"),
        ("三万五", "35000"), ("三点五万", "35000"), ("3.5万元", "35000"), ("一千零五十元", "1050"),
        ("我要转五百块钱", "500"), ("一块钱", "1"), ("十块", "10"), ("两千块", "2000"), ("1,250.50元", "1250.5"),
        ("一百二", "120"), ("人民币三百元整", "300"), ("一百元零五分", "100.05"), ("十二元五角", "12.5"),
        ("five hundred yuan", "500"), ("two hundred", "200"), ("five yuan and fifty fen", "5.5"),
        ("十美元", Reason.OTHER_CURRENCY), ("ten dollars", Reason.OTHER_CURRENCY),
        ("一百港币", Reason.OTHER_CURRENCY),
        ("twelve fifty", Reason.AMBIGUOUS), ("一百或者两百", Reason.AMBIGUOUS),
        ("零元", Reason.TOO_SMALL), ("负五块", Reason.TOO_SMALL), ("十万零一块", Reason.TOO_LARGE),
        ("一点二三四元", Reason.NOT_WHOLE), ("很多钱", Reason.NOT_UNDERSTOOD), ("", Reason.NOT_UNDERSTOOD),
    ],
)  # fmt: skip
def test_yuan(text: str, expected: str | Reason) -> None:
    """Up to 100,000 yuan."""
    found = read(Money(maximum=Decimal(100000)), text)
    assert found == (expected if isinstance(expected, Reason) else Decimal(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("twelve dollars and fifty cents", "12.5"), ("twelve dollars fifty", "12.5"),
        ("$125.50", "125.5"), ("a hundred dollars", "100"), ("one dollar", "1"),
        ("five hundred and twenty dollars", "520"), ("fifty cents", "0.5"), ("ten bucks", "10"),
        ("two thousand five hundred dollars please", "2500"), ("twelve dollars and five cents", "12.05"),
        ("twenty", "20"), ("1,250 dollars", "1250"), ("ten point five dollars", "10.5"),
        ("十美元五十美分", "10.5"), ("十块", "10"), ("美金二十", "20"),
        ("ten pounds", Reason.OTHER_CURRENCY), ("ten hong kong dollars", Reason.OTHER_CURRENCY),
        ("一百元", Reason.OTHER_CURRENCY), ("ten euros", Reason.OTHER_CURRENCY),
        ("twelve fifty", Reason.AMBIGUOUS), ("money", Reason.NOT_UNDERSTOOD),
    ],
)  # fmt: skip
def test_dollars(text: str, expected: str | Reason) -> None:
    """In English and Chinese."""
    found = read(Money(currency="USD"), text)
    assert found == (expected if isinstance(expected, Reason) else Decimal(expected))


@pytest.mark.parametrize(
    ("currency", "text", "expected"),
    [
        ("GBP", "ten pounds fifty", "10.5"), ("GBP", "ten pounds and fifty pence", "10.5"),
        ("GBP", "£5", "5"), ("GBP", "五英镑", "5"), ("EUR", "twenty euros", "20"),
        ("EUR", "€7.20", "7.2"), ("HKD", "一百港币", "100"), ("HKD", "HK$50", "50"),
        ("HKD", "fifty hong kong dollars", "50"), ("JPY", "一千日元", "1000"),
        ("JPY", "five thousand yen", "5000"), ("JPY", "1.5 yen", None),
    ],
)  # fmt: skip
def test_other_currencies(currency: str, text: str, expected: str | None) -> None:
    """By their names and signs."""
    found = read(Money(currency=currency), text)
    assert found == (Decimal(expected) if expected else Reason.NOT_WHOLE)


@pytest.mark.parametrize(
    ("keys", "expected"), [("1250", "1250"), ("12*50", "12.5"), ("12*505", Reason.NOT_WHOLE),
                           ("*", Reason.NOT_UNDERSTOOD), ("0", Reason.TOO_SMALL)]
)  # fmt: skip
def test_keys(keys: str, expected: str | Reason) -> None:
    """A star is the point."""
    found = outcome(Money().parse_keys(keys))
    assert found == (expected if isinstance(expected, Reason) else Decimal(expected))


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        ("1", "一元", "one yuan"), ("12.50", "十二元五角", "twelve yuan and fifty fen"),
        ("2.05", "两元零五分", "two yuan and five fen"), ("0.50", "五角", "fifty fen"),
        ("10050.08", "一万零五十元零八分", "ten thousand and fifty yuan and eight fen"),
    ],
)  # fmt: skip
def test_read_back_words(amount: str, zh: str, en: str) -> None:
    """Money in words."""
    assert Money().read_back(Decimal(amount), Language.CHINESE) == zh
    assert Money().read_back(Decimal(amount), Language.ENGLISH) == en


@pytest.mark.parametrize("text", ["三千多", "一百来块", "五百块左右", "about five hundred yuan"])
def test_a_rough_amount_is_to_be_confirmed(text: str) -> None:
    """Nobody transfers "about" something."""
    result = Money().parse(text)
    assert isinstance(result, Parsed)
    assert not result.is_sure


def test_read_back_one() -> None:
    """One dollar, not one dollars."""
    dollars, pounds = Money(currency="USD"), Money(currency="GBP")
    assert dollars.read_back(Decimal("1.01"), Language.ENGLISH) == "one dollar and one cent"
    assert pounds.read_back(Decimal("1.01"), Language.ENGLISH) == "one pound and one penny"


@given(
    st.decimals(Decimal("0.01"), Decimal("99999999.99"), places=2),
    st.sampled_from(Language),
    st.sampled_from(CURRENCIES),
)
def test_read_back_is_understood(value: Decimal, language: Language, currency: str) -> None:
    """Round trip."""
    slot = Money(currency=currency)
    assert read(slot, slot.read_back(value, language)) == value


def test_an_unknown_currency_is_a_mistake_of_the_flow() -> None:
    """Said when the slot is made."""
    with pytest.raises(ValueError, match="CNY"):
        Money(currency="XXX")
