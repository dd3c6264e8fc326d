"""Functions of the user's own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from ivr_agi.errors import CallerHungUp
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.results import Status
from ivr_agi.rehearsal.virtual import run_virtually
from tests.flow.conversation import converse

FLOW = """\
start: a
steps:
  a: {do: python, function: "mine:look_up", arguments: {number: "{{ caller.number }}"},
      save: name, go: end, error: sorry, timeout_s: 0.05}
  end: {do: hangup, prompt: "{{ name }}"}
  sorry: {do: hangup, prompt: sorry}
"""


def run(error: Exception | None = None, *, slow: bool = False) -> tuple[Status, list[str]]:
    """Run the flow with a function, in virtual time."""

    async def invoke(name: str, arguments: Mapping[str, Any]) -> Any:
        if error:
            raise error
        await asyncio.sleep(0.2 if slow else 0)
        return f"{name} {arguments['number']}"

    result, caller = run_virtually(converse(FLOW, outside=Outside(invoke=invoke)))
    return result.status, caller.said


def test_what_it_returns_is_kept() -> None:
    """It gets its arguments by name."""
    assert run()[1] == ["mine:look_up 123"]


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyError("x")])
def test_a_mistake_in_it_is_the_errors_way(error: Exception) -> None:
    """The call goes on; so does a function that is too slow."""
    assert run(error)[1] == ["sorry"]
    assert run(slow=True)[1] == ["sorry"]


def test_a_hang_up_stays_one() -> None:
    """It is no mistake of the function."""
    assert run(CallerHungUp())[0] is Status.HANGUP
