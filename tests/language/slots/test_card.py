"""Numbers of payment cards."""

from __future__ import annotations

from typing import Any

import pytest

from ivr_agi.language.slots import CardNumber, Reason
from ivr_agi.language.slots.card import has_luhn_digit
from ivr_agi.language.text import Language
from tests.language.slots.tools import check_reasons, outcome, read


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("4111 1111 1111 1111", "4111111111111111"),
        ("my card number is 3782 822463 10005", "378282246310005"),
        ("4111 1111 1111 1112", Reason.CHECK_DIGIT),
        ("4111 1111", Reason.TOO_SHORT),
        ("six two two five, eight eight", Reason.TOO_SHORT),
        ("卡号是四一一一 一一一一 一一一一 一一一一", "4111111111111111"),
        ("4111 1111 1111 1111 2222", Reason.TOO_LONG),
        ("I lost my card", Reason.NOT_UNDERSTOOD),
    ],
)
def test_words(said: str, right: Any) -> None:
    """Digits, and their check digit."""
    slot = CardNumber()
    assert read(slot, said) == right
    check_reasons(slot, right)


def test_keys() -> None:
    """Complete when the card's kind has no more."""
    slot = CardNumber()
    assert outcome(slot.parse_keys("4111111111111111")) == "4111111111111111"
    assert outcome(slot.parse_keys("*")) is Reason.NOT_UNDERSTOOD
    lengths = {"4": 16, "34": 15, "55": 16, "62": 19}
    for first, length in lengths.items():
        assert not slot.is_complete(first.ljust(length - 1, "0"))
        assert slot.is_complete(first.ljust(length, "0"))


def test_it_is_secret() -> None:
    """Whatever a flow says, and no trace of it is in what is shown of an answer."""
    slot = CardNumber()
    assert slot.is_secret
    assert "4111" not in repr(slot.parse("4111 1111 1111 1111"))
    assert slot.read_back("41111111", Language.ENGLISH).count("one") == 7


def test_luhn() -> None:
    """The example of ISO/IEC 7812-1, annex B."""
    assert has_luhn_digit("49927398716")
    assert not has_luhn_digit("49927398717")
