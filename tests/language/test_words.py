"""Words and what is none."""

from __future__ import annotations

import pytest

from ivr_agi.language.words import count_words


@pytest.mark.parametrize(
    ("text", "n_words"),
    [
        ("", 0),
        ("sales", 1),
        ("Um, uh... hm!", 0),
        ("um, sales please", 2),
        ("don't", 1),
        ("销售部", 3),
        ("嗯，销售", 2),
        ("ＵＨ", 0),
    ],
)
def test_fillers_are_no_words(text: str, n_words: int) -> None:
    """Case, width and punctuation do not matter; Chinese characters count one each."""
    assert count_words(text) == n_words


def test_the_list_is_a_choice() -> None:
    """Another list, another count."""
    assert count_words("like um", {"like"}) == 1
