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
    ],
)
async def test_answers(language: str, answer: str, expected: str) -> None:
    """By words and keys, in both languages."""
    _, caller = await converse(FLOW % language, answer)
    assert caller.said[-1] == expected


async def test_without_speech() -> None:
    """The question is said with its keys."""
    _, caller = await converse(FLOW % "en", DOWN, "#1")
    assert caller.said[1].endswith("Sure? For yes, press 1. For no, press 2.")
    assert caller.said[-1] == "yes"
