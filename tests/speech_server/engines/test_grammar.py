"""A list of phrases as a grammar."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.engines.grammar import PhraseGrammar

SPOKEN = {"pay": ["P EY"], "a": ["EY", "AH"], "bill": ["B IH L"], "Bill": ["B IH L"]}


def pronounce(phrase: str) -> list[list[str]]:
    """Some words; others are silent."""
    return [SPOKEN.get(word, []) for word in phrase.split()]


def test_words_are_shared_and_alternatives_kept() -> None:
    """One dictionary entry a pronunciation, one rule with all phrases."""
    grammar = PhraseGrammar(["pay a bill", "bill"], pronounce)
    assert grammar.pronunciations == [
        ("w0", "P EY"),
        ("w1", "EY"),
        ("w1(2)", "AH"),
        ("w2", "B IH L"),
    ]
    assert grammar.jsgf == "#JSGF V1.0; grammar phrases; public <phrase> = w0 w1 w2 | w2;"


def test_text_is_the_phrase_as_it_is_spelt() -> None:
    """Also the beginning of one, and with marks of alternatives."""
    grammar = PhraseGrammar(["pay  a -- Bill", "bill"], pronounce)
    assert grammar.text("w0 w1(2) w2") == "pay  a -- Bill"
    assert grammar.text("w0 w1") == "pay a"
    assert grammar.text("w3") == "bill"


def test_phrases_that_sound_like_nothing_are_left_out() -> None:
    """The rest of the list is still good."""
    grammar = PhraseGrammar(["--", "", "bill"], pronounce)
    assert grammar.jsgf.endswith("= w0;")


def test_list_of_nothing() -> None:
    """Refused."""
    with pytest.raises(ValueError, match="no phrase"):
        PhraseGrammar(["--", "..."], pronounce)


def test_same_phrase_twice() -> None:
    """Once in the grammar."""
    assert PhraseGrammar(["bill", "bill"], pronounce).jsgf.endswith("= w0;")
