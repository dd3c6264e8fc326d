"""The flow engine over a talker that answers as a test says."""

from __future__ import annotations

import msgspec
import pytest

from ivr_agi.dialogue.prompt.parts import Prompt, Text, parts_of
from ivr_agi.dialogue.record.message import MessagePlan
from ivr_agi.dialogue.turn.outcomes import (
    Heard,
    HungUp,
    NoInput,
    Outcome,
    Pressed,
    Recorded,
    SpeechDown,
    TooMuchSpeech,
)
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.errors import CallerHungUp, SpeechUnavailable
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.asking import WRONG_PAUSE_S
from ivr_agi.flow.run.engine import FlowEngine
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.journal import Event, Journal
from ivr_agi.knobs import BargeIn

FLOW = """\
start: hello
steps:
  hello: {do: say, prompt: {recording: welcome}, go: main}
  main:
    do: menu
    prompt: menu
    choices:
      - {words: [sales, buy], key: "1", go: sales}
      - {words: [bye], go: bye}
    no_input: {go: agent, after: 3, prompts: [no input 1, no input 2]}
    no_match: {go: agent, after: 2}
  keys:
    do: menu
    prompt: keys
    choices: [{key: "1", go: bye}]
    no_input: {go: agent}
    no_match: {go: agent}
  sales: {do: transfer, extension: "201", prompt: to sales}
  agent: {do: transfer, extension: "200"}
  bye: {do: hangup, prompt: bye}
"""


class FakeTalker:
    """Answers turns from a list and notes what was said."""

    def __init__(self, *outcomes: Outcome, fails: bool = False) -> None:
        self.outcomes = list(outcomes)
        self.fails = fails
        self.said: list[str] = []
        self.plans: list[TurnPlan] = []
        self.vocabularies: list[str | None] = []

    async def say(self, prompt: Prompt) -> None:
        self._note(prompt)
        if self.fails:
            raise SpeechUnavailable("gone")

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        if plan.timeout_s == WRONG_PAUSE_S:
            return NoInput()  # nobody presses more
        self._note(prompt)
        self.plans.append(plan)
        self.vocabularies.append(vocabulary_id)
        return self.outcomes.pop(0)

    async def take_message(self, plan: MessagePlan) -> HungUp:
        return HungUp()

    async def discard_message(self, message: Recorded) -> None:
        pass

    def _note(self, prompt: Prompt) -> None:
        for part in parts_of(prompt):
            self.said.append(part.text if isinstance(part, Text) else f"file {part.name}")


async def run(
    talker: FakeTalker, *, start: str = "hello", flow: str = FLOW, heard: list[Event] | None = None
) -> FlowResult:
    """Run a flow over a talker."""
    engine = FlowEngine(
        parse_flow(flow.replace("start: hello", f"start: {start}")),
        talker,
        Journal(listener=None if heard is None else heard.append),
        plan=TurnPlan(timeout_s=7),
        min_score=0.5,
        vocabularies={"main": "v1", "keys": "v2"},
    )
    return await engine.run()


def heard(text: str, score: float | None = 0.9) -> Heard:
    """Words."""
    return Heard(text=text, score=score)


@pytest.mark.parametrize("outcome", [heard("sales please"), heard("buy", None), Pressed(keys="1")])
async def test_words_or_keys_choose(outcome: Outcome) -> None:
    """Both ways lead to the same step, and the dialplan is told the same value."""
    talker = FakeTalker(outcome)
    result = await run(talker)
    assert result == FlowResult(status=Status.TRANSFER, result="sales", transfer="201")
    assert talker.said == ["file welcome", "menu", "to sales"]
    assert talker.vocabularies == ["v1"]


async def test_hangup_step_completes() -> None:
    """The last prompt is said, then the dialplan has the call again."""
    talker = FakeTalker(heard("bye"))
    assert await run(talker, start="main") == FlowResult(status=Status.COMPLETED, result="bye")
    assert talker.said == ["menu", "bye"]


async def test_no_input_escalates_and_leaves() -> None:
    """A prompt for each time, then the exit."""
    talker = FakeTalker(NoInput(), NoInput(), NoInput())
    result = await run(talker, start="main")
    assert result == FlowResult(status=Status.TRANSFER, transfer="200")
    assert talker.said == ["menu", "no input 1", "no input 2"]


async def test_the_last_no_input_prompt_stays() -> None:
    """With more times than prompts, the last one is said again."""
    talker = FakeTalker(NoInput(), NoInput(), NoInput(), heard("bye"))
    await run(talker, start="main", flow=FLOW.replace("after: 3", "after: 9"))
    assert talker.said == ["menu", "no input 1", "no input 2", "no input 2", "bye"]


@pytest.mark.parametrize(
    "outcome",
    [heard("weather"), heard("sales", 0.4), heard(""), Pressed(keys="5"), TooMuchSpeech()],
)
async def test_no_match_is_counted_apart_from_no_input(outcome: Outcome) -> None:
    """Words or keys that fit nothing, words below the score, endless talk; the menu comes again."""
    talker = FakeTalker(outcome, NoInput(), outcome)
    result = await run(talker, start="main")
    assert result.transfer == "200"
    assert talker.said == ["menu", "menu", "no input 1"]


async def test_speech_down_goes_on_by_keys() -> None:
    """The same step again, keys only."""
    talker = FakeTalker(SpeechDown(reason="gone"), Pressed(keys="1"))
    result = await run(talker, start="main")
    assert result.transfer == "201"
    assert [plan.listen for plan in talker.plans] == [True, False]
    assert talker.vocabularies == ["v1", None]


async def test_speech_down_without_a_way_out_is_told() -> None:
    """When keys cannot take over either, the dialplan does."""
    down = SpeechDown(reason="gone")
    talker = FakeTalker(down, down, down)
    result = await run(talker, start="main")
    assert result == FlowResult(status=Status.SPEECH_DOWN, error="gone")
    assert talker.said[0] == talker.said[-1] == "menu"


async def test_a_menu_of_keys_does_not_listen() -> None:
    """No words, no recognition."""
    talker = FakeTalker(Pressed(keys="1"))
    assert (await run(talker, start="keys")).status is Status.COMPLETED
    assert [plan.listen for plan in talker.plans] == [False]


async def test_a_prompt_that_cannot_be_said() -> None:
    """In a say step the dialplan takes over; before a transfer it is left out."""
    assert (await run(FakeTalker(fails=True))).status is Status.SPEECH_DOWN
    result = await run(FakeTalker(fails=True), start="sales")
    assert result == FlowResult(status=Status.TRANSFER, transfer="201")


async def test_hang_up_in_a_turn_and_in_a_prompt() -> None:
    """Both end the flow in order."""
    assert (await run(FakeTalker(HungUp()), start="main")).status is Status.HANGUP

    class Gone(FakeTalker):
        async def say(self, prompt: Prompt) -> None:
            raise CallerHungUp

    assert (await run(Gone())).status is Status.HANGUP


def knobs(talker: FakeTalker) -> list[TurnPlan]:
    """The plans, without what may be said."""
    return [msgspec.structs.replace(plan, matches=None, choices=()) for plan in talker.plans]


async def test_steps_set_the_turn() -> None:
    """timeout_s and barge_in of the step go before the settings."""
    flow = FLOW.replace("prompt: menu", "prompt: menu\n    timeout_s: 3\n    barge_in: none")
    talker = FakeTalker(HungUp())
    await run(talker, start="main", flow=flow)
    assert knobs(talker) == [TurnPlan(timeout_s=3, barge_in=BargeIn.NONE)]
    talker = FakeTalker(HungUp())
    await run(talker, start="main")
    assert knobs(talker) == [TurnPlan(timeout_s=7)]


async def test_a_flow_that_goes_round_is_ended() -> None:
    """No caller is held by a loop of prompts."""
    flow = "start: a\nsteps: {a: {do: say, prompt: x, go: a}}"
    result = await run(FakeTalker(), start="a", flow=flow)
    assert (result.status, result.error) == (Status.FAILED, "1000 steps without an end")


async def test_the_journal_tells_the_way() -> None:
    """Steps, choices, no-input and no-match."""
    events: list[Event] = []
    await run(FakeTalker(NoInput(), heard("x"), heard("bye")), start="main", heard=events)
    assert [(event.event, event.data) for event in events] == [
        ("step", {"step": "main"}),
        ("no_input", {"step": "main", "count": 1}),
        ("no_match", {"step": "main", "count": 1}),
        ("choice", {"step": "main", "choice": "bye"}),
        ("step", {"step": "bye"}),
    ]


async def test_a_menu_is_said_for_keys_by_itself() -> None:
    """Choices without a key get one; why keys are wanted is said once."""
    talker = FakeTalker(SpeechDown(reason="gone"), Pressed(keys="9"), Pressed(keys="2"))
    result = await run(talker, start="main")
    assert (result.status, result.result) == (Status.COMPLETED, "bye")
    assert talker.said[1:4] == [
        "I cannot hear words at the moment. Please use the keys of your phone.",
        "For sales, press 1. For bye, press 2.",
        "For sales, press 1. For bye, press 2.",
    ]
