"""Callers who need more time: by the command, or after a silence."""

from __future__ import annotations

import pytest
from msgspec import structs

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.call import SLOW_PACE
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.place import CallPlace
from tests.flow.conversation import SILENCE, Caller, converse

FLOW = """\
start: a
languages: [en, zh]
defaults: {no_input: {go: b}, no_match: {go: b}, timeout_s: 4, turn: {incomplete_timeout_s: 1}}
commands: {slower: {key: "*"}, chinese: {words: [chinese], language: zh}}
steps:
  a: {do: ask, prompt: Well, slot: {type: digits, length: 3}, save: x, go: c}
  c: {do: record, prompt: Your message, save: m, go: d}
  d: {do: transfer, extension: "200", failed: b}
  b: {do: hangup}
"""


@pytest.mark.parametrize("asked", ["slower", "not so fast"])
async def test_the_command(asked: str) -> None:
    """The question is said again by a slower voice; all that waits for the caller waits longer."""
    slowed: list[int] = []
    caller = Caller(asked, "one two three", "a message")
    outside = Outside(speak_slowly=lambda: slowed.append(len(caller.said)))
    await converse(FLOW, caller=caller, outside=outside)
    first, second = caller.plans[0], caller.plans[-1]
    assert [said for said in caller.said if said == "Well"] == ["Well", "Well"]
    assert len(slowed) == 1
    assert second.timeout_s == first.timeout_s * SLOW_PACE == 8
    assert second.inter_digit_s == first.inter_digit_s * SLOW_PACE
    assert (first.incomplete_timeout_s, second.incomplete_timeout_s) == (1, 2)
    assert caller.message_plans[0].timeout_s == 8
    assert caller.message_plans[0].silence_s == 6


async def test_once_is_enough() -> None:
    """Nothing becomes slower and slower."""
    _, caller = await converse(FLOW, "slower", "slower", "one two three")
    assert [plan.timeout_s for plan in caller.plans] == [4, 8, 8]


async def test_after_a_silence() -> None:
    """Where the flow says so, and not before."""
    flow = FLOW.replace("steps:", "slower_after: 2\nsteps:")
    _, caller = await converse(flow, SILENCE, SILENCE, "one two three")
    assert [plan.timeout_s for plan in caller.plans] == [4, 4, 8]
    _, caller = await converse(FLOW, SILENCE, SILENCE, "one two three")
    assert [plan.timeout_s for plan in caller.plans] == [4, 4, 4]


async def test_another_language_is_slow_too() -> None:
    """The voice changes with it."""
    told: list[str] = []
    outside = Outside(set_language=told.append, speak_slowly=lambda: told.append("slow"))
    await converse(FLOW, "slower", "chinese", "一二三", outside=outside)
    assert told == ["en", "slow", "zh", "slow"]


async def test_a_pause_has_its_limit() -> None:
    """That of the knob."""
    flow = FLOW.replace("incomplete_timeout_s: 1", "incomplete_timeout_s: 2.5")
    _, caller = await converse(flow, "slower")
    assert caller.plans[1].incomplete_timeout_s == 3


async def test_it_lasts_over_a_transfer() -> None:
    """Who needs time needs it afterwards."""
    kept: list[CallPlace] = []

    async def keep(place: CallPlace) -> str:
        kept.append(place)
        return "token"

    await converse(FLOW, "slower", "one two three", "a message", outside=Outside(keep_place=keep))
    assert kept[0].is_slow
    slowed: list[bool] = []
    outside = Outside(speak_slowly=lambda: slowed.append(True))
    await converse(FLOW, place=kept[0], came_of="BUSY", outside=outside)
    await converse(FLOW, place=structs.replace(kept[0], is_slow=False), outside=outside)
    assert slowed == [True]


@pytest.mark.parametrize("after", ["0", "11", "true", "x"])
def test_mistakes(after: str) -> None:
    """Told with their place."""
    with pytest.raises(FlowError, match="slower_after: expected"):
        parse_flow(FLOW.replace("steps:", f"slower_after: {after}\nsteps:"))
