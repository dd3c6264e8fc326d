"""What all steps of a flow share: words by language, and what follows a miss."""

from __future__ import annotations

import pytest

from ivr_agi.flow.file.head import MissSpec, Words, words_in
from ivr_agi.flow.file.spec import PromptSpec, StepName


@pytest.mark.parametrize(
    ("words", "language", "expected"),
    [
        (["yes"], "zh", ["yes"]),
        ({"en": ["yes"], "zh": ["是"]}, "zh-CN", ["是"]),
        ({"en": ["yes"], "zh": ["是"]}, "de", ["yes"]),
        ({}, "en", []),
    ],
)
def test_words_in(words: Words, language: str, expected: list[str]) -> None:
    """One list is for all languages; of several, the language's, else the first."""
    assert words_in(words, language) == expected


def test_without_defaults_a_step_says_all() -> None:
    """Nothing is taken from nowhere."""
    own = MissSpec(go=StepName("a"))
    assert own.over(None) is own


def test_what_a_step_does_not_say_is_the_defaults() -> None:
    """What it says goes first."""
    defaults = MissSpec(go=StepName("b"), after=5, prompts=[PromptSpec("Hello?")])
    assert MissSpec(go=StepName("a")).over(defaults) == MissSpec(
        go=StepName("a"), after=5, prompts=[PromptSpec("Hello?")]
    )
