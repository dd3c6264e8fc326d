"""Options and choices from the data of a call."""

from __future__ import annotations

from typing import Any

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.listed import OptionsFrom
from ivr_agi.flow.file.spec import Expression, Template
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.listing import MAX_OPTIONS, list_options
from ivr_agi.flow.run.position import Position
from ivr_agi.flow.run.results import Status
from ivr_agi.flow.run.values import Values
from tests.flow.conversation import DOWN, converse

HEAD = "start: a\nvariables: {branches: []}\nsteps:\n  out: {do: transfer, extension: '200'}\n"
TAIL = ", no_input: {go: out}, no_match: {go: out}}\n  end: {do: hangup, prompt: '{{ %s }}'}\n"
BRANCHES = [
    {"id": 7, "name": "Kiel", "also": ["the harbour", "north"]},
    {"id": 8, "name": "Bonn", "also": []},
]
ASK = (
    HEAD + "  a: {do: ask, prompt: 'Where?', save: place, go: end, slot: {type: one_of, options: "
    "{each: branches, value: '{{ item.id }}', words: ['{{ item.name }}', '{{ item.also }}']}}"
    + TAIL
    % "place"
)
MENU = (
    HEAD + "  a: {do: menu, prompt: 'Where?', choices: "
    "{each: branches, value: '{{ item.id }}', words: ['{{ item.name }}'], go: end}"
    + TAIL
    % "choice"
)


def values(**known: Any) -> Values:
    """Variables of a call."""
    head = parse_flow("start: a\nsteps:\n  a: {do: hangup}\n")
    position = Position("main", head)
    position.enter_flow("main", head, known)
    return Values(position, "en", {})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Kiel", "7"),
        ("the harbour", "7"),
        ("Bonn please", "8"),
        ("the second one", "8"),
        ("#2", "8"),
    ],
)
async def test_one_of(answer: str, expected: str) -> None:
    """By name, by other names, by place and by key."""
    result, caller = await converse(ASK, answer, branches=BRANCHES)
    assert caller.said[-1] == expected
    assert result.variables == {"IVR_SLOT_PLACE": expected}


@pytest.mark.parametrize(
    ("answer", "expected"), [("Kiel", "7"), ("the last one", "8"), ("#1", "7")]
)
async def test_menu(answer: str, expected: str) -> None:
    """Each leads to the same step, which knows the choice."""
    result, caller = await converse(MENU, answer, branches=BRANCHES)
    assert caller.said[-1] == expected
    assert result.result == expected


@pytest.mark.parametrize("flow", [ASK, MENU])
async def test_without_speech(flow: str) -> None:
    """Each has a key."""
    _, caller = await converse(flow, DOWN, "#2", branches=BRANCHES)
    assert "For Kiel, press 1. For Bonn, press 2." in caller.said
    assert caller.said[-1] == "8"


@pytest.mark.parametrize("flow", [ASK, MENU])
async def test_an_empty_list(flow: str) -> None:
    """Leads where no match leads: nothing could be said."""
    result, caller = await converse(flow)
    assert (result.status, caller.said) == (Status.TRANSFER, [])


def source(each: str, **more: Any) -> OptionsFrom:
    """Options from a list."""
    return OptionsFrom(each=Expression(each), **more)


def test_plain_lists() -> None:
    """Of texts; what is empty is left out."""
    listed = list_options(source("towns"), values(towns=["Kiel", "", "Bonn"]))
    assert [one.value for one in listed] == ["Kiel", "Bonn"]
    keyed = source("towns", key=Template("{{ item[0] }}"))
    assert [one.key for one in list_options(keyed, values(towns=["1 a"]))] == ["1"]
    assert list_options(source("nothing"), values()) == []


@pytest.mark.parametrize(
    ("towns", "expected"),
    [
        ({"a": 1}, "is no list, but dict"),
        (["x"] * (MAX_OPTIONS + 1), "more than 200"),
        (7, "is no list"),
    ],
)
def test_what_is_no_list(towns: Any, expected: str) -> None:
    """Says so, and what it is."""
    with pytest.raises(FlowError, match=expected):
        list_options(source("towns"), values(towns=towns))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("go: end}, no", "go: nowhere}, no", "there is no step 'nowhere'"),
        ("'{{ item.id }}'", "'{{ item.id '", "template"),
        ("each: branches, ", "", "each"),
    ],
)
def test_mistakes(old: str, new: str, expected: str) -> None:
    """Told when the flow is checked."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(MENU.replace(old, new))
