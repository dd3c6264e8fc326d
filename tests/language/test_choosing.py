"""Choices by their place, and all but one."""

from __future__ import annotations

import pytest

from ivr_agi.language.choosing import choose
from ivr_agi.language.matching import Decision
from ivr_agi.language.slots import ListOption

TWO = (ListOption("sales", ("sales", "销售")), ListOption("support", ("support", "技术支持")))
NUMBERS = tuple(ListOption(word, (word,)) for word in ("one", "two", "three"))
CLASSES = (ListOption("second", ("second class",)), ListOption("first", ("first class",)))


@pytest.mark.parametrize(
    ("text", "choices", "expected"),
    [
        ("the second one", TWO, "support"),
        ("the second one", NUMBERS, "two"),
        ("I'd like the first one please", TWO, "sales"),
        ("the last one", NUMBERS, "three"),
        ("second", NUMBERS, "two"),
        ("the 2nd option", TWO, "support"),
        ("第二个", TWO, "support"),
        ("我要第一个", TWO, "sales"),
        ("最后一个", NUMBERS, "three"),
        ("first class", CLASSES, "first"),
        ("sales", TWO, "sales"),
        ("one", NUMBERS, "one"),
    ],
)
def test_by_place(text: str, choices: tuple[ListOption, ...], expected: str) -> None:
    """Whatever the entries are called; their own words come first."""
    found = choose(text, choices)
    assert found.best is not None
    assert (found.decision, found.best.choice.value) == (Decision.ACCEPT, expected)


@pytest.mark.parametrize("text", ["the fifth one", "第五个"])
def test_there_is_no_such_place(text: str) -> None:
    """So nothing is chosen."""
    assert choose(text, NUMBERS).decision is Decision.NO_MATCH


@pytest.mark.parametrize(
    "text", ["anything but sales", "anything except sales please", "除了销售", "除了销售以外都行",
             "everything but the first one", "除了第一个"],
)  # fmt: skip
def test_anything_but(text: str) -> None:
    """Of two the other, which is asked about; of three nothing."""
    found = choose(text, TWO)
    assert found.best is not None
    assert (found.decision, found.best.choice.value) == (Decision.CONFIRM, "support")
    three = (*TWO, ListOption("billing", ("billing",)))
    assert choose(text, three).decision is Decision.NO_MATCH


@pytest.mark.parametrize("text", ["我不是要销售", "我不要销售", "it's not sales"])
def test_what_is_not_meant(text: str) -> None:
    """不 that begins 不是 or 不要 takes nothing back."""
    assert choose(text, TWO).decision is Decision.NO_MATCH


@pytest.mark.parametrize(
    "text", ["我不销售", "销售就不用了", "support or sales", "no sales", "sales or something"]
)
def test_what_may_not_be_meant_is_never_taken_at_once(text: str) -> None:
    """A mere 不 before words that follow at once takes nothing back, and "no" may negate them."""
    assert choose(text, TWO).decision is not Decision.ACCEPT


@pytest.mark.parametrize(
    ("text", "expected"),
    [("no, sales", "sales"), ("support, no, sales", "sales"), ("技术支持，不，销售", "sales"),
     ("I don't want sales, I want support", "support"), ("sales please, not support", "sales"),
     ("我不要销售我要技术支持", "support")],
)  # fmt: skip
def test_what_is_meant_instead(text: str, expected: str) -> None:
    """After a correction, or beside what is not meant."""
    found = choose(text, TWO)
    assert found.best is not None
    assert (found.decision, found.best.choice.value) == (Decision.ACCEPT, expected)


def test_a_doubted_rival_is_asked_about() -> None:
    """Without a pause, "no" may have taken the first back."""
    found = choose("the support thing no the sales", TWO)
    assert found.second is not None
    assert (found.decision, found.second.is_doubted) == (Decision.CONFIRM, True)
