"""Where a call is: flows inside flows, and the way back."""

from __future__ import annotations

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.head import FlowHead
from ivr_agi.flow.file.spec import StepName
from ivr_agi.flow.run.position import MAX_DEPTH, Position

HEAD = FlowHead(start=StepName("a"), variables={"n": 1, "m": 2})


def entered() -> Position:
    """A call in its first flow, at a step."""
    position = Position("main", HEAD)
    position.enter_flow("main", HEAD, {"n": 3})
    position.enter_step("a")
    return position


def test_a_flow_begins_with_its_variables() -> None:
    """Arguments go before them."""
    assert entered().frame.values == {"n": 3, "m": 2}


def test_before_any_flow_the_first_one_counts() -> None:
    """Its languages are needed then."""
    assert Position("main", HEAD).head is HEAD


def test_steps_of_called_flows_have_their_flows_name() -> None:
    """The first flow's have none, and are there again afterwards."""
    position = entered()
    assert position.full_step == "a"
    other = FlowHead(start=StepName("x"))
    position.enter_flow("other", other, {})
    position.enter_step("x")
    assert (position.full_step, position.head) == ("other.x", other)
    position.leave_flow("a")
    assert (position.full_step, position.head) == ("a", HEAD)


def test_values_are_given_back_to_who_called() -> None:
    """Nobody called the first flow."""
    position = entered()
    position.give_back({"n": 1})
    assert position.frame.returned is None
    called = position.enter_flow("other", HEAD, {})
    position.give_back({"n": 1})
    assert called.returned == {"n": 1}


def test_flows_in_flows_have_an_end() -> None:
    """A flow that calls itself must not fill the stack."""
    position = Position("main", HEAD)
    for _ in range(MAX_DEPTH):
        position.enter_flow("main", HEAD, {})
    with pytest.raises(FlowError, match="more than 10 flows call each other"):
        position.enter_flow("main", HEAD, {})


def test_back() -> None:
    """To the question before this one; one that is asked again is there once."""
    position = entered()
    for step in ("a", "b", "b", "c"):
        position.enter_step(step)
        position.enter_question()
    assert position.step_back() == "b"
    position.enter_step("b")
    position.enter_question()
    assert position.step_back() == "a"
    assert position.step_back() is None
