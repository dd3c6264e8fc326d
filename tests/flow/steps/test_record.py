"""A message of the caller's: what ends it, what becomes of it."""

from __future__ import annotations

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.results import Status
from ivr_agi.flow.tools.lint import lint
from tests.flow.conversation import CUT_OFF, DOWN, SILENCE, converse

FLOW = """\
start: a
commands: {operator: {key: "0", go: desk}, repeat: {key: "12"}}
defaults: {no_input: {go: nothing, after: 2}, no_match: {go: nothing, after: 2}}
steps:
  a: {do: record, prompt: After the tone., save: message, go: done%s}
  done: {do: hangup, prompt: thanks}
  nothing: {do: hangup, prompt: nothing}
  desk: {do: transfer, extension: "200"}
"""
REVIEW = FLOW % ", review: true, review_prompt: 'Keep?'"


async def test_message() -> None:
    """Prompt, beep, message; flow and dialplan get its name, the journal how long it is."""
    result, caller = await converse(FLOW % "", "my message")
    assert caller.said == ["After the tone.", "file beep", "thanks"]
    assert result.variables["IVR_SLOT_MESSAGE"] == "/m/1"
    (told,) = [event.data for event in caller.events if event.event == "message"]
    assert told == {"step": "a", "recording": "/m/1", "duration_s": 2.0}


async def test_plan() -> None:
    """The step's keys, the silence of the defaults, the one-key commands."""
    more = ", max_s: 60, min_s: 2, silence_s: 4, timeout_s: 6, end_keys: '#*', on_hang_up: drop"
    _, caller = await converse(FLOW % more, "my message")
    (plan,) = caller.message_plans
    assert (plan.max_s, plan.min_s, plan.silence_s, plan.timeout_s) == (60, 2, 4, 6)
    assert (plan.end_keys, plan.leave_keys, plan.keep_on_hang_up) == ("#*", "0", False)
    _, caller = await converse(FLOW % ", commands: false, beep: false", "my message")
    assert caller.message_plans[0].leave_keys == ""
    assert "file beep" not in caller.said


async def test_silence_is_no_input() -> None:
    """Counted and left like any other."""
    result, caller = await converse(FLOW % "", SILENCE, SILENCE)
    assert caller.said[-1] == "nothing"
    assert "IVR_SLOT_MESSAGE" not in result.variables


async def test_command_by_key() -> None:
    """A caller who wants a person has left no message."""
    result, _ = await converse(FLOW % "", "#0")
    assert (result.status, result.transfer) == (Status.TRANSFER, "200")
    assert "IVR_SLOT_MESSAGE" not in result.variables


async def test_hang_up() -> None:
    """With a message the dialplan gets it; without, there is none."""
    result, _ = await converse(FLOW % "", CUT_OFF)
    assert (result.status, result.variables) == (Status.HANGUP, {"IVR_SLOT_MESSAGE": "/m/1"})
    result, _ = await converse(FLOW % "")
    assert (result.status, result.variables) == (Status.HANGUP, {})


async def test_review() -> None:
    """Heard again, recorded again, kept: by words and keys."""
    result, caller = await converse(REVIEW, "one", "listen", "again", "two", "#1")
    assert caller.said == [
        *("After the tone.", "file beep", "Keep?", "file /m/1", "Keep?"),
        *("After the tone.", "file beep", "Keep?", "thanks"),
    ]
    assert caller.discarded == ["/m/1"]
    assert result.variables["IVR_SLOT_MESSAGE"] == "/m/2"


async def test_review_without_speech() -> None:
    """By keys, with a prompt made for them."""
    _, caller = await converse(REVIEW, "one", DOWN, "#1")
    assert "For keep, press 1." in caller.said[-2]
    assert caller.said[-1] == "thanks"


@pytest.mark.parametrize(("on_hang_up", "kept"), [("keep", True), ("drop", False)])
async def test_hang_up_in_the_review(on_hang_up: str, kept: bool) -> None:
    """The message is there already: it is kept or dropped, as set."""
    flow = FLOW % f", review: true, on_hang_up: {on_hang_up}"
    result, caller = await converse(flow, "one")
    assert result.status is Status.HANGUP
    assert ("IVR_SLOT_MESSAGE" in result.variables) is kept
    assert caller.discarded == ([] if kept else ["/m/1"])


async def test_review_that_is_left_keeps_the_message() -> None:
    """No answer, or the operator: nobody said to delete it."""
    for answers in ([SILENCE, SILENCE], ["#0"]):
        result, _ = await converse(REVIEW, "one", *answers)
        assert result.variables["IVR_SLOT_MESSAGE"] == "/m/1"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (", secure: true", "a record step cannot be secure"),
        (", min_s: 10, max_s: 5", "min_s must be less than max_s"),
        (", review_prompt: Keep", "needs review: true"),
    ],
)
def test_faults(more: str, expected: str) -> None:
    """What cannot be meant."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(FLOW % more)


def test_lint() -> None:
    """Its prompt is said to the end; its variable is known; without a review nothing is matched."""
    assert lint(parse_flow(FLOW % "")) == []
    assert [w.rule for w in lint(parse_flow((FLOW % "").replace("After", "a" * 200)))] == [
        "no_barge_in"
    ]
    alone = FLOW.replace(", no_match: {go: nothing, after: 2}", "")
    parse_flow(alone % "")
    with pytest.raises(FlowError, match="no_match needs go"):
        parse_flow(alone % ", review: true")
