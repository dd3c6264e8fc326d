"""What a script may say."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.prompt.parts import Recording
from ivr_agi.door.said import Said, prompt_of


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("Hello.", [("", "", "Hello.")]),
        ("{{ 6 * 7 }} {x", [("", "", "6 * 7     x")]),
        ("{}", [("", "", ".")]),
        (Recording("hello"), [("", "hello", "")]),
        (Recording("hello", "Hello."), [("", "hello", "Hello.")]),
        (["Hello.", Recording("bye")], [("", "", "Hello."), ("", "bye", "")]),
        ({"en": "Hello.", "zh": ["您好"]}, [("en", "", "Hello."), ("zh", "", "您好")]),
    ],
)
def test_what_is_said(said: Said, parts: list[tuple[str, str, str]]) -> None:
    """Texts and recordings, in a row and by language; braces are no templates."""
    found = prompt_of(said).all_parts()
    assert [(language, part.recording, part.text) for language, part in found] == parts


@pytest.mark.parametrize("said", ["", " \n", ["Hello.", ""]])
def test_nothing_to_say(said: Said) -> None:
    """An empty text is a mistake of the script."""
    with pytest.raises(ValueError, match="expected something to say, got an empty text"):
        prompt_of(said)
