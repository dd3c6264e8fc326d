"""What turns and messages of a call share."""

from __future__ import annotations

from typing import cast

import pytest

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.dialogue.line import MAX_TYPED, Line
from ivr_agi.dialogue.listen.link import SpeechLink
from ivr_agi.dialogue.prompt.parts import Recording, Text
from ivr_agi.dialogue.prompt.store import PromptStore
from ivr_agi.errors import AgiCommandFailed
from ivr_agi.journal import Event, Journal
from ivr_agi.settings import RecognitionSettings, TurnSettings

MISSING = AgiCommandFailed('STREAM FILE "x"', 200, "200 result=-1 endpos=0")


def a_line(events: list[Event]) -> Line:
    """A line without a call."""
    return Line(
        channel=cast(AgiChannel, None),
        speech=cast(SpeechLink, None),
        store=cast(PromptStore, None),
        recognition=RecognitionSettings(property="english_8k_common"),
        turn=TurnSettings(),
        journal=Journal(listener=events.append),
    )


def test_typed_keys_are_taken_once() -> None:
    """And only by whoever wants them."""
    line = a_line([])
    line.type_key("1")
    line.type_key("2")
    assert line.take_typed() == "12"
    assert line.take_typed() == ""
    line.type_key("3")
    assert line.take_typed(wanted=False) == ""
    assert line.typed == ""


def test_only_the_last_keys_are_kept() -> None:
    """A caller who leans on the keypad fills no memory."""
    line = a_line([])
    for _ in range(MAX_TYPED):
        line.type_key("1")
    line.type_key("2")
    assert line.typed == "1" * (MAX_TYPED - 1) + "2"


@pytest.mark.parametrize(
    ("prompt", "text", "recording", "logged"),
    [
        (Text("Hello."), "Hello.", None, "may Asterisk read it?"),
        (Recording("welcome"), None, "welcome", "recording 'welcome' cannot be played"),
    ],
)
def test_what_a_prompt_is_made_of_is_noted(
    prompt: Text | Recording,
    text: str | None,
    recording: str | None,
    logged: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In the journal; that it is missing in the log, too."""
    events: list[Event] = []
    line = a_line(events)
    line.note_started(prompt)
    line.note_missing(prompt, MISSING)
    assert [event.event for event in events] == ["prompt_started", "prompt_missing"]
    assert all(event.data.get("text") == text for event in events)
    assert all(event.data.get("recording") == recording for event in events)
    assert logged in caplog.text


def test_private_texts_are_not_noted() -> None:
    """A text that holds what the caller said is not for the journal."""
    events: list[Event] = []
    a_line(events).note_started(Text("Your number is 42.", is_private=True))
    assert "text" not in events[0].data
