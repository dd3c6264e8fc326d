"""Flows that call flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import load_program, parse_flow
from ivr_agi.flow.run.results import Status
from tests.flow.conversation import converse

if TYPE_CHECKING:
    from pathlib import Path

OUTER = """\
start: a
variables: {name: Ann}
steps:
  a: {do: call, flow: inner, arguments: {who: "{{ name }}"}, save: back, go: b}
  b: {do: hangup, prompt: "{{ back.word }} {{ who is defined }}"}
"""
INNER = """\
start: a
steps:
  a: {do: say, prompt: "Hello {{ who }}", go: b}
  b: {do: %s}
"""


def program(last: str) -> Program:
    """Two flows."""
    return Program("outer", {"outer": parse_flow(OUTER), "inner": parse_flow(INNER % last)})


async def test_arguments_and_return() -> None:
    """It sees its arguments, and gives values back."""
    result, caller = await converse(program('return, values: {word: "bye {{ who }}"}'))
    assert result.status is Status.COMPLETED
    assert caller.said == ["Hello Ann", "bye Ann False"]
    steps = [event.data["step"] for event in caller.events if event.event == "step"]
    assert steps == ["a", "inner.a", "inner.b", "b"]


async def test_a_called_flow_may_end_the_call() -> None:
    """A transfer there is a transfer."""
    result, _ = await converse(program('transfer, extension: "1"'))
    assert (result.status, result.transfer) == (Status.TRANSFER, "1")


async def test_hot_words() -> None:
    """Its steps have tables of their own, under its name."""
    question = "confirm, prompt: sure, yes: c, no: c, no_input: {go: c}, no_match: {go: c}"
    inner = (INNER % question) + "  c: {do: return, values: {word: x}}\n"
    flows = Program("outer", {"outer": parse_flow(OUTER), "inner": parse_flow(inner)})
    tables = {"b": "wrong", "inner.b": "right"}
    _, caller = await converse(flows, "yes", vocabularies=tables)
    assert caller.vocabularies == ["right"]


async def test_flows_that_call_each_other_end() -> None:
    """There is a limit."""
    looping = Program("outer", {"outer": parse_flow(OUTER.replace("inner", "outer"))})
    with pytest.raises(FlowError, match="more than 10 flows"):
        await converse(looping)


NAMED = """\
start: a
variables: {which: inner}
steps:
  a: {do: call, flow: "{{ which }}", allowed: [inner, outer], else: none, go: b}
  b: {do: hangup, result: back}
  none: {do: hangup, result: none}
"""


@pytest.mark.parametrize(("which", "expected"), [("inner", "back"), ("../inner", "none")])
async def test_a_variable_names_the_flow(which: str, expected: str) -> None:
    """One of the list."""
    inner = "start: a\nsteps: {a: {do: return}}"
    flows = {"outer": parse_flow(NAMED), "inner": parse_flow(inner)}
    result, _ = await converse(Program("outer", flows), which=which)
    assert result.result == expected


def test_each_flow_of_the_list_is_loaded(tmp_path: Path) -> None:
    """And has to be there."""
    (tmp_path / "outer.yaml").write_text(NAMED)
    with pytest.raises(FlowError, match="steps.a.flow: there is no flow 'inner'"):
        load_program(tmp_path / "outer.yaml")
    (tmp_path / "inner.yaml").write_text("start: a\nsteps: {a: {do: return}}")
    assert set(load_program(tmp_path / "outer.yaml").flows) == {"outer", "inner"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("allowed: [inner, outer], ", "", "steps.a.allowed: a variable needs allowed"),
        ("outer], else", "../x], else", "steps.a.allowed.1: expected the name of a flow"),
        ('"{{ which }}"', "../x", "steps.a.flow: expected the name of a flow"),
        ('"{{ which }}"', "inner", "steps.a.flow: allowed and else belong to a variable"),
    ],
)
def test_mistakes_in_names(old: str, new: str, expected: str) -> None:
    """Told with their place."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(NAMED.replace(old, new, 1))
