"""Which tables stand for rows of their phrases."""

from __future__ import annotations

import string

import pytest

from ivr_agi.speech_server.rows import is_row


@pytest.mark.parametrize(
    ("phrases", "row"),
    [
        ("zero one two three four five six seven eight nine".split(), False),
        ("zero one two three four five six seven eight nine double".split(), True),
        (["Oh", "One", "Two", "Three", "A."], False),
        (list(string.ascii_uppercase), False),
        (list("零一二三四五六七八九幺"), False),
        ("one two three four five six seven eight nine twenty hundred double".split(), True),
        (["十", "双", *"一二三四五六七八九"], True),
        (["one", "two", "three", "four", "sales"], False),
        (["one", "two", "three"], False),
        (["one", "two", "three", "sales"], False),
        (["sales", "support", "billing", "operator"], False),
        ([], False),
    ],
)
def test_words_of_answers_follow_each_other(phrases: list[str], row: bool) -> None:
    """The words of a typed answer do; the choices of a menu do not, also if they are ten digits."""
    assert is_row(phrases) is row
