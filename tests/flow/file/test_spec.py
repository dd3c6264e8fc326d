"""Prompts as a file writes them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from ivr_agi.flow.file.spec import (
    Part,
    PromptSpec,
    Spec,
    StepName,
    Template,
    decode_text,
    localise,
    schema_of_text,
    walk,
)
from ivr_agi.language.saying import KINDS


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


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ({"text": "你好", "voice": "zh", "fallback": "hi-zh"},
         Part(text="你好", voice="zh", fallback="hi-zh")),
        ({"recording": "hi", "text": "Hello"}, Part(text="Hello", recording="hi")),
        ({"number": 12.5}, Part(text="12.5", kind="number")),
        ({"money": "{{ sum }}", "currency": "EUR"},
         Part(text="{{ sum }}", kind="money", currency="EUR")),
        ({"date": date(2026, 3, 5)}, Part(text="2026-03-05", kind="date")),
        ({"digits": "007", "voice": "zh"}, Part(text="007", kind="digits", voice="zh")),
    ],
)  # fmt: skip
def test_parts_that_are_more_than_a_text(value: Any, part: Part) -> None:
    """Voices, values to be read out, what stands in."""
    assert PromptSpec(value).parts("en") == (part,)


def test_variants_take_turns() -> None:
    """And begin again."""
    value = {"variants": ["a", "b"]}
    assert [said(value, turn=turn) for turn in range(3)] == [["a"], ["b"], ["a"]]


@pytest.mark.parametrize(
    "value",
    [
        "", " ", 3, None, [], {}, {"variants": []}, {"recording": 3}, {"german": "x"},
        {"recording": "x", "en": "y"}, ["x", 3], {"en": ""}, {"text": ""},
        {"recording": "x", "voice": "zh"}, {"voice": "zh"}, {"text": "x", "number": 1},
        {"text": "x", "currency": "EUR"}, {"money": 1, "currency": "XXX"}, {"digits": 12},
        {"money": "{{ a }}", "currency": "XXX"}, {"date": "tomorrow"}, {"number": True},
    ],
)  # fmt: skip
def test_what_is_no_prompt(value: Any) -> None:
    """Told in one line."""
    with pytest.raises(ValueError, match=r"prompt|empty|currency|text|read back") as caught:
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
    assert repr(PromptSpec("x")) == "PromptSpec((Part(text='x'),))"
    assert PromptSpec("x") != "x"


def test_localise() -> None:
    """The language, its family, the first."""
    texts = {"en": 1, "zh": 2}
    assert [localise(texts, name) for name in ("zh-CN", "zh", "de")] == [2, 2, 1]


def test_pieces_of_one_language() -> None:
    """Those of others are left out; where it is not there, the first stands in."""
    spec = PromptSpec(["all", {"en": "a", "zh": "b"}])
    assert [part.text for _, part in spec.all_parts("zh")] == ["all", "b"]
    assert list(spec.all_parts("de")) == [("", Part(text="all")), ("de", Part(text="a"))]


def test_decode_text() -> None:
    """Each type checks what it is given."""
    assert decode_text(PromptSpec, "x") == PromptSpec("x")
    assert decode_text(StepName, "main_menu") == "main_menu"
    assert isinstance(decode_text(Template, "{{ a }}"), Template)
    with pytest.raises(ValueError, match="expected `str`, got"):
        decode_text(Template, 3)
    with pytest.raises(ValueError, match="expected the name of a step"):
        decode_text(StepName, "main menu")


def test_schema_of_text() -> None:
    """Names have a pattern; only money has a currency; every kind of prompt is there."""
    assert re.fullmatch(schema_of_text(StepName)["pattern"], "main_menu")
    assert schema_of_text(Template)["type"] == "string"
    pieces = [one["properties"] for one in schema_of_text(PromptSpec)["anyOf"]
              if "voice" in one.get("properties", {})]  # fmt: skip
    assert {next(iter(piece)) for piece in pieces} == {"text", *KINDS}
    assert [next(iter(piece)) for piece in pieces if "currency" in piece] == ["money"]


class Deep(Spec, frozen=True):
    """What a step may hold."""

    go: StepName
    more: dict[str, Any]


def test_walk() -> None:
    """Everything to be checked, with its keys; other values are passed over."""
    prompt, name = PromptSpec("x"), StepName("a")
    found = list(walk(Deep(name, {"list": [1, prompt], "text": Template("t"), "none": None})))
    assert found == [(("go",), name), (("more", "list", 1), prompt), (("more", "text"), "t")]


WHEN = {"when": "n < 0", "prompt": "You owe", "else": ["You have", {"number": "{{ n }}"}]}


@pytest.mark.parametrize(("holds", "said"), [(True, ["You owe"]), (False, ["You have", "{{ n }}"])])
def test_parts_on_a_condition(holds: bool, said: list[str]) -> None:
    """One or the other; checks and drawings see all."""
    prompt = PromptSpec(["Well.", WHEN])
    parts = prompt.parts("en", 0, lambda condition: holds and condition == "n < 0")
    assert [part.text for part in parts] == ["Well.", *said]
    assert [part.text for _, part in prompt.all_parts()] == [
        "Well.", "You owe", "You have", "{{ n }}",
    ]  # fmt: skip
    assert list(prompt.conditions()) == ["n < 0"]
    assert PromptSpec(WHEN).missing_languages(["en"]) == set()
    assert PromptSpec(WHEN | {"else": {"zh": "欠"}}).missing_languages(["en"]) == {"en"}


def test_without_an_else_nothing_is_said() -> None:
    """The rest of the prompt is."""
    prompt = PromptSpec([{"when": "n", "prompt": "a"}, "b"])
    assert [part.text for part in prompt.parts("en", 0, lambda _: False)] == ["b"]


@pytest.mark.parametrize(
    "value",
    [{"when": "n"}, {"when": 3, "prompt": "a"}, {"when": "n", "prompt": "a", "text": "b"},
     {"when": "n", "prompt": ""}, {"when": "n", "prompt": "a", "else": 5}],
)  # fmt: skip
def test_what_is_no_condition(value: object) -> None:
    """Told."""
    with pytest.raises(ValueError, match="a part with a condition is|the prompt is empty|expected"):
        PromptSpec(value)
