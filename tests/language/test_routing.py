"""Routing by examples: what is learnt, and what is not known."""

from __future__ import annotations

import pytest

from ivr_agi.language.routing import Router, router_of

EXAMPLES = (
    ("I lost my card", "my card was stolen", "please block my card", "my purse is gone"),
    ("I want to send money", "transfer money to my son", "make a payment", "pay a bill"),
    ("我要转账", "给朋友汇款", "打钱给我儿子"),
)


@pytest.mark.parametrize(
    ("sentence", "choice"),
    [
        ("somebody has stolen my card", 0),
        ("um, my cards were stolen and gone", 0),
        ("could you transfer money for me", 1),
        ("transferring a payment", 1),
        ("我想给儿子转账", 2),
    ],
)
def test_the_nearest_examples_win(sentence: str, choice: int) -> None:
    """Also by parts of words (transferring) and by pairs of characters."""
    scores = Router(EXAMPLES).score(sentence)
    assert max(range(len(scores)), key=scores.__getitem__) == choice
    assert scores[choice] > 0.2


@pytest.mark.parametrize("sentence", ["", "um", "what a lovely day", "今天天气很好"])
def test_what_no_example_has_is_about_something_else(sentence: str) -> None:
    """Silence, hesitations and other subjects are like no choice."""
    assert max(Router(EXAMPLES).score(sentence)) < 0.15


def test_unknown_words_lower_the_score() -> None:
    """The same words among others are less sure."""
    router = Router(EXAMPLES)
    alone, among = (
        router.score(text)[0] for text in ("I lost my card", "I lost my green umbrella yesterday")
    )
    assert among < alone / 2


def test_an_example_left_out() -> None:
    """Its scores are those of a router that was never told of it."""
    left_out = Router(EXAMPLES).left_out
    assert [choice for choice, _ in left_out] == [0] * 4 + [1] * 4 + [2] * 3
    learnt = Router(EXAMPLES).score("my card was stolen")[0]
    assert left_out[1][1][0] < learnt


def test_one_router_for_the_same_examples() -> None:
    """It is made once; without any examples there is none."""
    assert router_of(EXAMPLES) is router_of(tuple(EXAMPLES))
    assert router_of(((), ())) is None
