"""``turn: {...}``: what a step and a flow may set of listening."""

from __future__ import annotations

import msgspec
import pytest

from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.errors import FlowError
from ivr_agi.flow.file.turn import TurnSpec
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.knobs import OverPrompt, TypeAhead
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
    values = {
        "mandatory_s": 1,
        "over_prompt": OverPrompt.KEEP,
        "min_voice_ms": 2,
        "min_words": 3,
        "confirm_timeout_s": 4,
        "cool_down_s": 5,
        "incomplete_timeout_s": 1.5,
        "complete_timeout_s": 0.5,
        "max_speech_s": 6,
        "inter_digit_s": 7,
        "deadline_s": 8,
        "type_ahead": TypeAhead.CLEAR,
    }
    assert set(TurnSpec.__struct_fields__) == set(values)
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
