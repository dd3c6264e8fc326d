"""Which tables stand for rows of their phrases."""

from __future__ import annotations

import string

import pytest

from ivr_agi.speech_server.rows import is_row


@pytest.mark.parametrize(
    ("phrases", "row"),
    [
        ("zero one two three four five six seven eight nine".split(), True),
        (["Oh", "One", "Two", "Three", "A."], True),
        (list(string.ascii_uppercase), True),
        (list("零一二三四五六七八九幺"), True),
        ("one two three four five six seven eight nine twenty hundred double".split(), True),
        (["十", "双", *"一二三四五六七八九"], True),
        (["one", "two", "three", "four", "sales"], False),
        (["one", "two", "three"], False),
        (["one", "two", "three", "sales"], False),
        (["sales", "support", "billing", "operator"], False),
        ([], False),
    ],
)
def test_digits_and_letters_follow_each_other(phrases: list[str], row: bool) -> None:
    """A menu does not, nor do three numbers that are the choices of one."""
    assert is_row(phrases) is row
