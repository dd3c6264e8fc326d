"""Silence for a while."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.results import Status
from tests.flow.conversation import converse

pytestmark = pytest.mark.virtual_time

FLOW = """\
start: a
steps:
  a: {do: pause, duration_s: 90, go: b}
  b: {do: hangup, prompt: Here I am.}
"""


async def test_it_takes_so_long() -> None:
    """On the call's clock, while somebody attends to keys and the line."""
    attended: list[float] = []
    clock = asyncio.get_running_loop().time
    began_at = clock()
    _, caller = await converse(FLOW, outside=Outside(attend=lambda: attended.append(clock())))
    assert clock() - began_at == pytest.approx(90)
    assert (caller.said, len(attended)) == (["Here I am."], 1)


async def test_a_hang_up_ends_it() -> None:
    """Nothing is said to nobody."""
    outside = replace(Outside(), has_hung_up=iter([False, True]).__next__)
    result, caller = await converse(FLOW, outside=outside)
    assert (result.status, caller.said) == (Status.HANGUP, [])


@pytest.mark.parametrize("length", ["0", "-1", "121", "long", "'1'"])
def test_mistakes(length: str) -> None:
    """It has a length, and an end."""
    with pytest.raises(FlowError, match="steps.a.duration_s: expected"):
        parse_flow(FLOW.replace("90", length))
