"""Numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.slots import Number, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", "5"), ("five", "5"), ("五", "5"), ("五个", "5"), ("两个人", "2"), ("十二", "12"),
        ("二十", "20"), ("一百零五", "105"), ("一百五", "150"), ("三千二", "3200"), ("一万两千", "12000"),
        ("three hundred and five", "305"), ("a hundred", "100"), ("twenty three", "23"),
        ("twenty-three people", "23"), ("one two three", "123"), ("1,000", "1000"),
        ("minus five", "-5"), ("负五", "-5"), ("零下三度", "-3"), ("zero", "0"), ("零", "0"),
        ("there are two of us", "2"), ("two thousand and six", "2006"), ("3.0", "3"),
        ("一点五", Reason.NOT_WHOLE), ("one point five", Reason.NOT_WHOLE),
        ("two or three", Reason.AMBIGUOUS), ("twenty four seven", Reason.AMBIGUOUS), ("no one", Reason.NOT_UNDERSTOOD),
        ("five five", "55"), ("twelve or thirteen", Reason.AMBIGUOUS),
        ("二十万", Reason.TOO_LARGE), ("minus twenty", Reason.TOO_SMALL),
        ("99999999999999999999", Reason.TOO_LARGE),
        ("hello", Reason.NOT_UNDERSTOOD), ("", Reason.NOT_UNDERSTOOD),
    ],
)  # fmt: skip
def test_words(text: str, expected: str | Reason) -> None:
    """Whole numbers from -10 to 100,000."""
    slot = Number(minimum=Decimal(-10), maximum=Decimal(100000))
    found = read(slot, text)
    assert found == (expected if isinstance(expected, Reason) else Decimal(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("三十六点五", "36.5"), ("thirty six point five", "36.5"), ("1.25", "1.25"), ("零点五", "0.5"),
     ("point", None), ("三点五万", "35000"), ("one point oh five", "1.05")],
)  # fmt: skip
def test_fractions(text: str, expected: str | None) -> None:
    """Where they are allowed."""
    found = read(Number(is_whole=False), text)
    assert found == (Decimal(expected) if expected else Reason.NOT_UNDERSTOOD)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [("12", "12"), ("1*5", "1.5"), ("*5", None), ("1**5", None), ("", None), ("12#", None)],
)
def test_keys(keys: str, expected: str | None) -> None:
    """A star is the point."""
    found = outcome(Number(is_whole=False).parse_keys(keys))
    assert found == (Decimal(expected) if expected else Reason.NOT_UNDERSTOOD)


@given(
    st.decimals(Decimal("-99999999.999"), Decimal("99999999.999"), places=3),
    st.sampled_from(Language),
)
def test_read_back_is_understood(value: Decimal, language: Language) -> None:
    """Round trip."""
    slot = Number(is_whole=False)
    assert read(slot, slot.read_back(value, language)) == value
