"""Identity card numbers. The first two valid ones are the examples of GB 11643-1999."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.slots import IdCard, Parsed, Reason
from ivr_agi.language.slots.identity import check_character
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11010519491231002X", "11010519491231002X"), ("440524188001010014", "440524188001010014"),
        ("一一零一零五一九四九一二三一零零二X", "11010519491231002X"),
        ("幺幺零幺零五 幺九四九幺二三幺 零零二叉", "11010519491231002X"),
        ("one one zero one zero five one nine four nine one two three one zero zero two x",
         "11010519491231002X"),
        ("double one oh one oh five one nine four nine one two three one double oh two ex",
         "11010519491231002X"),
        ("身份证号是440524 18800101 0014", "440524188001010014"),
        ("110105194912310021", Reason.CHECK_DIGIT), ("110105194912310012X", Reason.TOO_LONG),
        ("11010519491231002", Reason.TOO_SHORT), ("110105", Reason.TOO_SHORT),
        ("1101051949123100X2", Reason.CHECK_DIGIT), ("hello", Reason.NOT_UNDERSTOOD),
        ("叉", Reason.NOT_UNDERSTOOD), ("", Reason.NOT_UNDERSTOOD),
    ],
)  # fmt: skip
def test_words(text: str, expected: str | Reason) -> None:
    """Eighteen characters with the right check character."""
    assert read(IdCard(), text) == expected


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("99010519491231002", Reason.NOT_IN_USE), ("11010519490231002", Reason.NO_SUCH_DATE),
        ("11010517491231002", Reason.NO_SUCH_DATE), ("11010519491331002", Reason.NO_SUCH_DATE),
    ],
)  # fmt: skip
def test_region_and_birthday(digits: str, expected: Reason) -> None:
    """The check character fits, the rest does not."""
    assert read(IdCard(), digits + check_character(digits)) is expected


def test_keys() -> None:
    """A star is X."""
    keys = ("11010519491231002*", "1101", "", "*")
    assert [outcome(IdCard().parse_keys(one)) for one in keys] == [
        "11010519491231002X",
        Reason.TOO_SHORT,
        Reason.NOT_UNDERSTOOD,
        Reason.NOT_UNDERSTOOD,
    ]


CARDS = st.builds(
    lambda region, born, serial: f"{region}0105{born:%Y%m%d}{serial:03}",
    st.sampled_from(["11", "31", "44", "65", "82"]),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.integers(0, 999),
).map(lambda digits: digits + check_character(digits))


@given(CARDS, st.sampled_from(Language))
def test_read_back_is_understood(value: str, language: Language) -> None:
    """Round trip."""
    assert read(IdCard(), IdCard().read_back(value, language)) == value


@given(CARDS, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(value: str, place: int, shift: int) -> None:
    """So says the standard."""
    wrong = str((int(value[place]) + shift) % 10)
    assert isinstance(read(IdCard(), value[:place] + wrong + value[place + 1 :]), Reason)


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("130503670401001", "130503670401001"),
        ("十五位的，一三零五零三，六七零四零一，零零一", "130503670401001"),
        ("130503671301001", Reason.TOO_SHORT),
        ("110105194912310", Reason.TOO_SHORT),
        ("990503670401001", Reason.NOT_IN_USE),
    ],
)
def test_the_old_numbers(said: str, right: Any) -> None:
    """Of 15 digits; asked about, as they have no check digit. The beginning of 18 is none."""
    found = IdCard().parse(said)
    assert outcome(found) == right
    assert not isinstance(found, Parsed) or not found.is_sure


def test_the_old_numbers_by_keys() -> None:
    """They are what was pressed; read back in their own parts."""
    assert IdCard().parse_keys("130503670401001") == Parsed("130503670401001")
    said = IdCard().read_back("130503670401001", Language.ENGLISH)
    assert [len(part.split()) for part in said.split(",")] == [6, 6, 3]
