"""Prompts as a file writes them."""

from __future__ import annotations

from typing import Any

import pytest

from ivr_agi.flow.spec import Part, PromptSpec, localise


def said(value: Any, language: str = "en", turn: int = 0) -> list[str]:
    """What a prompt says."""
    parts = PromptSpec(value).parts(language, turn)
    return [part.text or f"file {part.recording}" for part in parts]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Hello", ["Hello"]),
        ({"recording": "hi"}, ["file hi"]),
        (["one", {"recording": "two"}, ["three"]], ["one", "file two", "three"]),
        ({"en": "Hello", "zh": "你好"}, ["Hello"]),
        ({"zh": "你好"}, ["你好"]),
        ({"en": ["one", {"variants": ["two", "three"]}]}, ["one", "two"]),
    ],
)
def test_prompts(value: Any, expected: list[str]) -> None:
    """Texts, recordings, one after the other, by language."""
    assert said(value) == expected
    assert PromptSpec(value) == PromptSpec(value)
    assert hash(PromptSpec(value)) == hash(PromptSpec(value))


def test_variants_take_turns() -> None:
    """And begin again."""
    value = {"variants": ["a", "b"]}
    assert [said(value, turn=turn) for turn in range(3)] == [["a"], ["b"], ["a"]]


@pytest.mark.parametrize(
    "value",
    [
        "", " ", 3, None, [], {}, {"variants": []}, {"recording": 3}, {"german": "x"},
        {"recording": "x", "en": "y"}, ["x", 3], {"en": ""}, {"text": ""},
    ],
)  # fmt: skip
def test_what_is_no_prompt(value: Any) -> None:
    """Told in one line."""
    with pytest.raises(ValueError, match=r"expected a prompt|is empty|are texts") as caught:
        PromptSpec(value)
    assert "\n" not in str(caught.value)


def test_what_tools_ask() -> None:
    """Every text with its language; languages without one."""
    spec = PromptSpec(["all", {"en": "a", "zh": {"variants": ["b", {"recording": "c"}]}}])
    assert list(spec.all_parts()) == [
        ("", Part(text="all")),
        ("en", Part(text="a")),
        ("zh", Part(text="b")),
        ("zh", Part(recording="c")),
    ]
    assert spec.missing_languages(["en", "zh", "de"]) == {"de"}
    assert repr(PromptSpec("x")) == "PromptSpec((Part(text='x', recording=''),))"
    assert PromptSpec("x") != "x"


def test_localise() -> None:
    """The language, its family, the first."""
    texts = {"en": 1, "zh": 2}
    assert [localise(texts, name) for name in ("zh-CN", "zh", "de")] == [2, 2, 1]
