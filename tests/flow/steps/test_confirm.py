"""Yes or no."""

from __future__ import annotations

import pytest

from tests.flow.conversation import DOWN, converse

FLOW = """\
start: a
languages: [%s]
steps:
  a: {do: confirm, prompt: {en: Sure?, zh: 确定吗}, yes: y, no: n,
      no_input: {go: n}, no_match: {go: n}}
  y: {do: hangup, prompt: yes}
  n: {do: hangup, prompt: no}
""".replace("Sure?", "'Sure?'")


@pytest.mark.parametrize(
    ("language", "answer", "expected"),
    [
        ("en", "yes please", "yes"),
        ("en", "no", "no"),
        ("en", "that's wrong", "no"),
        ("en", "#1", "yes"),
        ("en", "#2", "no"),
        ("zh", "是的", "yes"),
        ("zh", "不是", "no"),
        ("zh", "不对", "no"),
        ("zh", "好的", "yes"),
        ("en", "that isn't right", "no"),
        ("en", "of course not", "no"),
        ("en", "okay", "yes"),
        ("zh", "不错", "yes"),
        ("zh", "可以", "yes"),
        ("zh", "不可以", "no"),
    ],
)
async def test_answers(language: str, answer: str, expected: str) -> None:
    """By words and keys, in both languages."""
    _, caller = await converse(FLOW % language, answer)
    assert caller.said[-1] == expected


async def test_without_speech() -> None:
    """The question is said with its keys."""
    _, caller = await converse(FLOW % "en", DOWN, "#1")
    assert caller.said[2:4] == ["Sure?", "For yes, press 1. For no, press 2."]
    assert caller.said[-1] == "yes"


@pytest.mark.parametrize(
    "answer", ["is that right", "yes but not today", "maybe", "对不起", "你好"]
)
async def test_what_is_neither(answer: str) -> None:
    """Questions, conditions and greetings are asked again."""
    _, caller = await converse(FLOW % "en", answer, "no")
    assert caller.said == ["Sure?", "Sure?", "no"]


async def test_a_hum_is_asked_about() -> None:
    """Once: a hum to "did you say" is a yes."""
    _, caller = await converse(FLOW % "zh", "嗯", "嗯")
    assert caller.said[1].startswith("您是说是吗？")
    assert caller.said[-1] == "yes"
