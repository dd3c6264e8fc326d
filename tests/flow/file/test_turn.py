"""``turn: {...}``: what a step and a flow may set of listening."""

from __future__ import annotations

import enum

import msgspec
import pytest

from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.errors import FlowError
from ivr_agi.flow.file.turn import TurnSpec
from ivr_agi.flow.load.loader import parse_flow
from tests.flow.conversation import converse

FLOW = """\
start: a
defaults: {turn: {min_words: 2, max_speech_s: 20}, no_input: {go: x}, no_match: {go: x}}
steps:
  a:
    do: menu
    prompt: a
    turn: {mandatory_s: 3, max_speech_s: 8, inter_digit_s: 1.5}
    choices: [{words: [b], key: "12", go: b}]
  b: {do: menu, prompt: b, choices: [{words: [c], go: x}]}
  x: {do: hangup}
"""


async def test_a_step_goes_before_its_flow() -> None:
    """And the flow before the installation; a number's further keys are awaited as it says."""
    _, caller = await converse(FLOW, "#1", "#+2", "c")
    first, second, third = caller.plans
    assert (first.mandatory_s, first.min_words, first.max_speech_s) == (3, 2, 8)
    assert first.inter_digit_s == 1.5
    assert second.timeout_s == 1.5  # for the second key
    assert (third.mandatory_s, third.min_words, third.max_speech_s) == (0, 2, 20)


def test_every_setting_reaches_the_plan() -> None:
    """None is forgotten, and what is not set stays."""
    values: dict[str, object] = {}
    for name in TurnSpec.__struct_fields__:
        default = getattr(TurnPlan(), name)
        if isinstance(default, enum.Enum):
            values[name] = [*type(default)][-1]
        else:
            values[name] = 2 if type(default) is int else 2.5
        assert values[name] != default, name
    spec = msgspec.convert(values, TurnSpec)
    plan = spec.applied_to(TurnPlan(guard_ms=9))
    assert {name: getattr(plan, name) for name in values} == values
    assert plan.guard_ms == 9
    assert TurnSpec().applied_to(plan) == plan


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [("{mandatory: 3}", "did you mean 'mandatory_s'"), ("{over_prompt: hold}", "over_prompt")],
)
def test_mistakes_are_told_with_their_line(wrong: str, reason: str) -> None:
    """As everywhere in a flow."""
    with pytest.raises(FlowError, match=reason) as caught:
        parse_flow(FLOW.replace("{mandatory_s: 3, max_speech_s: 8, inter_digit_s: 1.5}", wrong))
    assert ":7:" in str(caught.value)
