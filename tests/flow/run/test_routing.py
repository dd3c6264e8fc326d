"""Reading what callers say in their own words: words, examples, and the questions in between."""

from __future__ import annotations

import pytest

from ivr_agi.flow.run.options import NOTHING, Option
from ivr_agi.flow.run.routing import OwnWords, RouteReader, judge_scores
from ivr_agi.language.matching import Bands, Decision

OPTIONS = [
    Option(["card"], "1", "card", "a lost card"),
    Option(["payment"], "2", "pay", "sending money"),
    Option([], "3", "hours"),
]
EXAMPLES = [
    ["I lost my card", "my card was stolen", "block my card now", "my purse is gone"],
    ["I want to send money", "transfer money to my son", "pay my rent", "pay a bill"],
    ["when are you open", "what time do you close", "are you open on Sunday"],
]


BOTH = "I lost my card and want to pay a bill"


def a_reader(accept: float = 0.35, confirm: float = 0.2, margin: float = 0.15) -> RouteReader:
    """With these bands for the examples."""
    bands = Bands(accept=accept, confirm=confirm, margin=margin)
    return RouteReader(OPTIONS, EXAMPLES, Bands(), bands, "en", "How can I help?")


@pytest.mark.parametrize(
    ("scores", "decision", "meant"),
    [
        ([0.5, 0.1, 0.0], Decision.ACCEPT, [0]),
        ([0.3, 0.5, 0.4], Decision.CONFIRM, [1, 2]),
        ([0.1, 0.25, 0.05], Decision.CONFIRM, [1]),
        ([0.3, 0.0, 0.2], Decision.CONFIRM, [0, 2]),
        ([0.1, 0.19, 0.0], Decision.NO_MATCH, []),
    ],
)
def test_the_bands(scores: list[float], decision: Decision, meant: list[int]) -> None:
    """Sure and alone: taken; near another: both; less sure: asked; else nothing."""
    assert judge_scores(scores, Bands(accept=0.35, confirm=0.2, margin=0.15)) == (decision, meant)


def test_words_come_first() -> None:
    """A word that is all that was said, or the name of a choice."""
    reader = a_reader()
    for text in ("card", "a card please", "the first one"):
        reading = reader.read_words(text)
        assert (reading.decision, reading.value.value) == (Decision.ACCEPT, "card")
        assert reader.is_answer(text)


def test_a_word_in_a_sentence_about_something_else() -> None:
    """It decides nothing by itself, and ends no sentence early."""
    reader = a_reader()
    text = "I would like to buy a birthday card for grandmother tomorrow evening"
    assert reader.read_words(text).decision is not Decision.ACCEPT
    assert not reader.is_answer("somebody took my purse")


def test_a_sentence_that_is_like_the_examples() -> None:
    """The choice, with the sentence, and the scores for display."""
    reading = a_reader().read_words("somebody has stolen my card")
    assert reading.decision is Decision.ACCEPT
    assert reading.value == OwnWords("card", "somebody has stolen my card")
    assert reading.scores[0][0] == "a lost card"


def test_nothing_like_it() -> None:
    """No match, with the scores for display."""
    reading = a_reader().read_words("what a lovely day")
    assert (reading.decision, len(reading.scores)) == (Decision.NO_MATCH, 3)


def test_asking_about_one() -> None:
    """In words of its own."""
    reading = a_reader(accept=0.99, margin=0.01).read_words("my card is stolen")
    assert reading.decision is Decision.CONFIRM
    assert reading.question.startswith("Is it about a lost card?")


@pytest.mark.parametrize("answer", ["sending money", "payment", "the second one"])
def test_two_are_offered_and_one_is_named(answer: str) -> None:
    """By its name, its words or its place among the two; the sentence is the first one."""
    reader = a_reader(accept=0.9, confirm=0.05, margin=0.9)
    reading = reader.read_words(BOTH)
    assert {reading.label, reading.rival} == {"a lost card", "sending money"}
    assert reading.question.startswith("Is it about ")
    if reading.label != "a lost card":
        answer = answer.replace("second", "first")
    taken = reader.read_words(answer)
    assert taken.value == OwnWords("pay", BOTH)


def test_two_are_offered_and_a_key_is_pressed() -> None:
    """1 and 2 are the two, once; otherwise keys are those of the choices."""
    reader = a_reader(accept=0.9, confirm=0.05, margin=0.9)
    reading = reader.read_words(BOTH)
    taken = reader.read_keys("1")
    assert taken.value == OwnWords(reading.value.value, BOTH)
    assert reader.read_keys("1").value == OwnWords("card")
    assert reader.read_keys("9") == NOTHING


def test_two_are_offered_and_something_else_is_said() -> None:
    """It is read as a new answer."""
    reader = a_reader(accept=0.9, confirm=0.05, margin=0.9)
    first = reader.read_words(BOTH)
    assert len(reader.meant(first)) == 2
    again = reader.read_words("what a lovely day")
    assert again != first
    assert reader.read_words("card").value == OwnWords("card", "card")


def test_without_examples_there_are_words_alone() -> None:
    """Choices of keys only have no router."""
    only_keys = [Option([], "1", "a"), Option([], "2", "b")]
    reader = RouteReader(only_keys, [[], []], Bands(), Bands(), "en")
    assert reader.read_words("my card was stolen") == NOTHING
