"""Announcements, and callers who have heard enough of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.results import Status
from ivr_agi.knobs import BargeIn
from tests.flow.conversation import DOWN, SILENCE, converse, rehearse

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """\
start: news
defaults: {no_input: {go: out}, no_match: {go: out}, turn: {min_words: 2}}
steps:
  news: {do: say, prompt: We have moved to another place., barge_in: both, go: more}
  more: {do: say, prompt: And we are closed on Friday., barge_in: both, go: menu}
  menu:
    do: menu
    prompt: Sales or support?
    choices: [{words: [sales], key: "1", go: sold}, {words: [support], key: "2", go: helped}]
  sold: {do: hangup, result: sales}
  helped: {do: hangup, result: support}
  out: {do: hangup, result: none}
"""


async def test_it_is_heard_to_its_end() -> None:
    """Who says nothing hears all of it, and then the question."""
    result, caller = await converse(FLOW, SILENCE, SILENCE, "sales")
    assert result.result == "sales"
    assert caller.said == [
        "We have moved to another place.",
        "And we are closed on Friday.",
        "Sales or support?",
    ]
    first = caller.plans[0]
    assert (first.barge_in, first.listen, first.min_words) == (BargeIn.BOTH, True, 2)


@pytest.mark.parametrize("answer", ["support", "#2"])
async def test_an_early_answer_is_one(answer: str) -> None:
    """It skips what is left of the announcements, and answers the question."""
    result, caller = await converse(FLOW, answer)
    assert result.result == "support"
    assert caller.said == ["We have moved to another place."]


async def test_what_is_no_answer_only_skips() -> None:
    """The question is asked as if nothing had been said, and nothing is counted."""
    result, caller = await converse(FLOW, "okay okay", "sales")
    assert result.result == "sales"
    assert caller.said == ["We have moved to another place.", "Sales or support?"]
    assert not [event for event in caller.events if event.event == "no_match"]


async def test_words_are_no_answer_for_keys_only() -> None:
    """A PIN is never taken from the air."""
    flow = FLOW.replace("do: menu", "do: menu\n    keys_only: true")
    result, caller = await converse(flow, "support", "#1")
    assert (result.result, caller.said[-1]) == ("sales", "Sales or support?")


async def test_by_keys_alone() -> None:
    """Nobody is listened to."""
    _, caller = await converse(FLOW.replace("barge_in: both", "barge_in: keys"), SILENCE, "#1")
    assert [plan.listen for plan in caller.plans] == [False, False]


async def test_without_speech() -> None:
    """It is said all the same, and keys go on."""
    result, caller = await converse(FLOW, DOWN, "#2", "#2")
    assert (result.status, result.result) == (Status.COMPLETED, "support")
    assert caller.said.count("We have moved to another place.") == 2
    assert not caller.plans[1].listen


async def test_a_hang_up() -> None:
    """It ends the call."""
    assert (await converse(FLOW))[0].status is Status.HANGUP


def test_nothing_can_be_chosen_yet() -> None:
    """Told with its place."""
    with pytest.raises(FlowError, match="news.barge_in: hotword is for questions"):
        parse_flow(FLOW.replace("barge_in: both", "barge_in: hotword", 1))


TESTS = """
  - name: over the announcement
    talk: [{say: support please, over: 1}, {barge_in: voice}]
    expect: {result: support, steps: [news, more, menu, helped]}
  - name: a key over it
    talk: [{press: "1", over: 1}, {barge_in: key}]
    expect: {result: sales}
  - name: to its end
    talk: [{silence: 1}, {hear: closed on Friday}, {say: sales}]
    expect: {result: sales}
"""


def test_a_whole_call(tmp_path: Path) -> None:
    """With turn, recogniser and channel, in virtual time."""
    flow = FLOW.replace("turn: {min_words: 2}", "turn: {}")
    assert rehearse(tmp_path, TESTS, flow=flow) == ["", "", ""]
