"""How alike words sound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.phonetics import (
    Sound,
    char_cost,
    join_sounds,
    sound_of,
    sound_similarity,
    syllable_cost,
)


def similarity(one: str, other: str) -> float:
    """How alike two English words sound."""
    return sound_similarity(sound_of(one), sound_of(other))


@pytest.mark.parametrize(
    ("one", "other", "cost"),
    [
        ("ke", "ke", 0.0), ("zhang", "zang", 0.15), ("si", "shi", 0.15), ("niu", "liu", 0.2),
        ("xin", "xing", 0.1), ("fen", "feng", 0.15), ("lan", "lang", 0.15), ("hu", "fu", 0.25),
        ("zang", "zhan", 0.3), ("ba", "pa", 0.4), ("liu", "jiu", 0.5), ("yi", "qi", 0.5),
        ("ren", "gong", 1.0), ("kuan", "dai", 1.0), ("cai", "kai", 0.8), ("yu", "lv", 0.8),
    ],
)  # fmt: skip
def test_syllable_cost(one: str, other: str, cost: float) -> None:
    """Near initials and finals cost little, either way round."""
    assert syllable_cost(one, other) == pytest.approx(cost)
    assert syllable_cost(other, one) == pytest.approx(cost)


def test_char_cost() -> None:
    """Over all readings of a character; the accent's cost can be set."""
    assert char_cost("行", "行") == 0.0
    assert char_cost("行", "航") == pytest.approx(0.03)
    assert char_cost("行", "形") == pytest.approx(0.03)
    assert char_cost("四", "十", 0.0) == pytest.approx(0.03)
    assert char_cost("四", "十", 2.0) == pytest.approx(0.33)
    assert char_cost("人", "🙂") == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("two", "to"), ("two", "too"), ("four", "for"), ("one", "won"), ("eight", "ate"),
        ("no", "know"), ("new", "knew"), ("right", "write"), ("phone", "fone"), ("night", "nite"),
        ("balance", "ballance"), ("account", "acount"), ("mail", "male"), ("three", "tree"),
        ("weather", "whether"), ("pharmacy", "farmacy"), ("claims", "clames"),
    ],
)  # fmt: skip
def test_homophones(one: str, other: str) -> None:
    """Written differently, they sound the same."""
    assert similarity(one, other) >= 0.8


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sales", "support"),
        ("loan", "phone"),
        ("yes", "guess"),
        ("agent", "account"),
        ("card", "loss"),
    ],
)
def test_different_words(one: str, other: str) -> None:
    """They do not sound alike."""
    assert similarity(one, other) < 0.65


def test_sounds_add_up() -> None:
    """A word cut in two sounds as before."""
    assert join_sounds([sound_of("sup"), sound_of("port")]) == sound_of("support")
    assert sound_similarity(Sound("i", ""), Sound("i", "")) == pytest.approx(0.97)


@given(st.text("abcdefghijklmnopqrstuvwxyz'", max_size=12), st.text("aeioumnprst", max_size=12))
def test_similarity_is_a_number_from_0_to_1(one: str, other: str) -> None:
    """And the same both ways."""
    assert 0.0 <= similarity(one, other) <= 1.0
    assert similarity(one, other) == similarity(other, one)
