"""Answers of a form of one's own."""

from __future__ import annotations

import pytest

from ivr_agi.language.slots import Parsed, Patterned, Reason
from ivr_agi.language.text import Language
from tests.language.slots.tools import outcome, read


def test_words() -> None:
    """Spelled; parts that are words; too short; another form."""
    slot = Patterned(pattern="[A-Z]{2}[0-9]{4}|GOLD[0-9]{2}")
    assert read(slot, "A B one two three four") == "AB1234"
    assert read(slot, "gold one two") == "GOLD12"
    assert read(slot, "A B one") is Reason.TOO_SHORT
    assert read(slot, "one two three four") is Reason.NO_PATTERN
    assert read(slot, "hello there") is Reason.NOT_UNDERSTOOD
    assert slot.read_back("AB1", Language.ENGLISH) == "A B one"


def test_o_and_zero() -> None:
    """They sound alike; the form says which it is."""
    assert read(Patterned(pattern="[A-Z]{2}[0-9]"), "A O seven") == "AO7"
    assert read(Patterned(pattern="[A-Z][0-9]{2}"), "A O seven") == "A07"
    assert Patterned(pattern="[A-Z][0-9]{2}").parse("A zero seven") == Parsed("A07")


def test_keys() -> None:
    """Of the same form, of another one, or none."""
    slot = Patterned(pattern="[0-9]{2,3}")
    assert outcome(slot.parse_keys("12")) == "12"
    assert [slot.is_complete("12"), slot.is_complete("123")] == [False, True]
    assert outcome(slot.parse_keys("1#")) is Reason.NOT_UNDERSTOOD
    both = Patterned(pattern="A[0-9]", keys="[0-9]{3}")
    assert outcome(both.parse_keys("123")) == "123"
    assert Reason.NOT_KEYED not in both.reasons
    letters = Patterned(pattern="A[0-9]")
    assert outcome(letters.parse_keys("1")) is Reason.NOT_KEYED
    assert Reason.NOT_KEYED in letters.reasons


@pytest.mark.parametrize(("pattern", "keys"), [("A*", None), ("A", "A"), ("A", "[0-9]+")])
def test_faults(pattern: str, keys: str | None) -> None:
    """A pattern that is none, and keys that have letters."""
    with pytest.raises(ValueError, match=r"pattern|keys"):
        Patterned(pattern=pattern, keys=keys)
