"""What a form says in a flow file, and what is wrong with it."""

from __future__ import annotations

from typing import cast

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.form import FormSpec
from ivr_agi.flow.load.loader import parse_flow

FLOW = """\
start: a
steps:
  a:
    do: form
    prompt: What?
    fields:
      city: {slot: {type: one_of, options: [{value: k, words: [Kiel]}]}, prompt: 'City?', words: [city]}
      day: {slot: {type: date}, prompt: 'Day?', words: {en: [day, date], zh: [日期]}, no_input: {go: out}}
    go: out
    no_input: {go: out}
    no_match: {go: out}
  out: {do: hangup}
"""


def form(text: str = FLOW) -> FormSpec:
    """The form of a flow."""
    return cast("FormSpec", parse_flow(text).steps["a"])


def test_what_tools_ask() -> None:
    """Words, variables, labels of exits."""
    assert form().expected_words() == ["Kiel", "city", "day", "date", "日期"]
    assert list(form().told()) == ["IVR_SLOT_CITY", "IVR_SLOT_DAY"]
    assert form().labels()["go"] == "city, day"
    assert form().labels()["fields.day.no_input.go"] == "day: silence"
    assert not list(
        form(FLOW.replace("    go: out\n", "    go: out\n    secure: true\n", 1)).told()
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{type: date}", "{type: date, minimum: 3}", "date has no key 'minimum'"),
        ("words: {en: [day, date]", "words: {en: [City, date]", "'city' is a word of 'city' too"),
        ("no_input: {go: out}}", "no_input: {go: nowhere}}", "there is no step 'nowhere'"),
        ("prompt: 'Day?'", "save: x, prompt: 'Day?'", "save"),
        ("      city:", "      not a name:", "expected a name"),
    ],
)
def test_mistakes(old: str, new: str, expected: str) -> None:
    """Told when the flow is checked."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(FLOW.replace(old, new))
