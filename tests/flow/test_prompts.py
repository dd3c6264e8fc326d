"""What a flow says."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.prompts import Parts, Recording, Text
from ivr_agi.errors import FlowError
from ivr_agi.flow.loader import parse_flow
from ivr_agi.flow.model import Say
from ivr_agi.flow.prompts import texts_of, to_prompt

FLOW = """\
start: main
steps:
  main:
    do: menu
    prompt: [Hello, {recording: beep}, {text: 你好, voice: zh, fallback: hello-zh}]
    choices: [{key: "1", go: bye}]
    no_input: {go: bye, prompts: [Once, Hello]}
    no_match: {go: bye, prompts: [{text: Twice}]}
  bye: {do: hangup, prompt: Bye}
  out: {do: transfer, extension: "1"}
"""


def test_all_texts() -> None:
    """Each once, recordings left out."""
    assert texts_of(parse_flow(FLOW)) == [
        Text("Hello"),
        Text("你好", voice="zh", fallback="hello-zh"),
        Text("Once"),
        Text("Twice"),
        Text("Bye"),
    ]


@pytest.mark.parametrize(
    ("written", "prompt"),
    [
        ("Hello", Text("Hello")),
        ("{recording: beep}", Recording("beep")),
        ("[Hello]", Text("Hello")),
        ("[Hello, {recording: beep}]", Parts((Text("Hello"), Recording("beep")))),
    ],
)
def test_prompts(written: str, prompt: object) -> None:
    """As the dialogue takes them."""
    step = parse_flow(f"start: a\nsteps: {{a: {{do: say, prompt: {written}, go: a}}}}").steps["a"]
    assert isinstance(step, Say)
    assert to_prompt(step.prompt) == prompt


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{recording: a, text: b}", "either text or recording"),
        ("{voice: a}", "either text or recording"),
        ("{recording: a, voice: zh}", "voice and fallback belong to a text"),
        ("[]", "length"),
    ],
)
def test_mistakes(written: str, message: str) -> None:
    """With their place."""
    with pytest.raises(FlowError, match=message):
        parse_flow(f"start: a\nsteps: {{a: {{do: say, prompt: {written}, go: a}}}}")
