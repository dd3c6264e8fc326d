"""What a flow says."""

from __future__ import annotations

from typing import Any

import pytest

from ivr_agi.dialogue.prompt.parts import Parts, Recording, Text
from ivr_agi.errors import FlowError
from ivr_agi.flow.file.spec import Part, PromptSpec
from ivr_agi.flow.run.prompts import SILENT_PROMPT, say_value, to_prompt


@pytest.mark.parametrize(
    ("written", "prompt"),
    [
        ("Hello", Text("Hello")),
        ({"recording": "beep"}, Recording("beep")),
        ({"recording": "{{ n }}", "text": "Beep {{ n }}"}, Recording("12", "Beep 12")),
        (["Hello"], Text("Hello")),
        (["Hello", {"recording": "beep"}], Parts((Text("Hello"), Recording("beep")))),
        (["{{ nothing }}", {"money": "{{ n }}"}], Text("twelve yuan")),
        ([{"number": "{{ nothing }}"}], SILENT_PROMPT),
    ],
)
def test_prompts(written: Any, prompt: object) -> None:
    """As the dialogue takes them, filled in; without a gap, and nothing for nothing."""

    def fill(text: str) -> str:
        return text.replace("{{ n }}", "12").replace("{{ nothing }}", "")

    assert to_prompt(PromptSpec(written).parts("en"), "en", fill) == prompt


def test_private_prompts() -> None:
    """Every text of them."""
    said = to_prompt(PromptSpec(["a", {"recording": "b"}]).parts("en"), "en", str, is_private=True)
    assert said == Parts((Text("a", is_private=True), Recording("b")))


@pytest.mark.parametrize(
    ("kind", "voice", "text", "spoken"),
    [
        ("number", "", "12", "twelve"),
        ("number", "zh", "12", "十二"),
        ("digits", "chinese_xiaoyan_common", "12", "幺二"),
        ("number", "de", "12", "12"),
        ("", "", "12", "12"),
    ],
)
def test_values(kind: str, voice: str, text: str, spoken: str) -> None:
    """In the part's language; one that has no words for values here reads them itself."""
    assert say_value(Part(text=text, kind=kind, voice=voice), "en", text) == spoken


def test_what_is_no_value() -> None:
    """It is said which kind was wanted, not what was there."""
    with pytest.raises(FlowError, match="prompt with date: the value cannot be read back as date"):
        say_value(Part(text="x", kind="date"), "en", "4711")
