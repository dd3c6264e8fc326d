"""Faults that types cannot express: names that lead nowhere, what is needed and missing."""

from __future__ import annotations

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow

FLOW = """\
start: ask
languages: [en, zh]
commands: {operator: {key: "0", go: bye}, chinese: {words: [中文], language: zh}}
hours: {office: {timezone: UTC, weekly: {mon-fri: ["09:00-17:00"]}}}
limits: {go: bye}
defaults: {no_input: {go: bye}, no_match: {go: bye}}
steps:
  when: {do: hours, hours: office, open: ask, closed: bye}
  check: {do: if, when: "choice == 'yes'", go: bye, else: ask}
  ask: {do: menu, prompt: "{{ caller.number }}?", choices: [{key: "1", go: bye}]}
  bye: {do: hangup}
"""


def test_a_flow_without_faults() -> None:
    """Every kind of name leads somewhere."""
    assert parse_flow(FLOW).start == "ask"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("start: ask", "start: aks", "start: there is no step 'aks'"),
        ("hours: office, open", "hours: ofice, open", "there are no hours 'ofice'"),
        ("choice == 'yes'", "choice ==", "steps.check.when: "),
        ("{{ caller.number }}", "{{ caller.", "steps.ask.prompt: template: "),
        ("limits: {go: bye}", "limits: {go: nowhere}", "limits.go: there is no step 'nowhere'"),
        ("no_input: {go: bye}", "no_input: {go: x}", "'x', the no_input.go of the defaults"),
        ("no_input: {go: bye}", "no_input: {after: 2}",
         "no_input needs go, here or in defaults: where to go after 2 times"),
        ('key: "0", go: bye', 'key: "0", go: nobody', "commands.operator.go: there is no step"),
        ('key: "0", go: bye', 'key: "0"', "commands.operator: the command needs go or language"),
        ("language: zh", "language: fr", "commands.chinese.language: 'fr' is not in languages"),
        ("09:00-17:00", "09:00-09:00", "hours.office"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_keys(old: str, new: str, expected: str) -> None:
    """In one line."""
    assert old in FLOW
    with pytest.raises(FlowError) as caught:
        parse_flow(FLOW.replace(old, new))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_built_in_commands_need_nothing() -> None:
    """Help, repeat and back say by their names what they do."""
    commands = "commands: {help: {}, repeat: {}, back: {}}\n"
    flow = parse_flow(commands + "start: a\nsteps:\n  a: {do: hangup}\n")
    assert list(flow.commands) == ["help", "repeat", "back"]
