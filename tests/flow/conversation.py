"""A caller for the engine's tests: words, keys and silence in a row, and what was said to them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

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
)
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.asking import WRONG_PAUSE_S
from ivr_agi.flow.run.engine import FlowEngine
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.place import CallPlace
from ivr_agi.flow.run.results import FlowResult
from ivr_agi.flow.run.waiting import LoopWaiting
from ivr_agi.journal import Event, Journal
from ivr_agi.rehearsal.conversations import load_suite, run_tests

if TYPE_CHECKING:
    from pathlib import Path

SILENCE, DOWN = "", "!down"
CUT_OFF = "!cut off"
"""A caller who hangs up in the middle of a message."""


class Caller:
    """Answers from a list: words, ``#`` and keys, silence; hangs up at the end of it."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.said: list[str] = []
        self.prompts: list[Prompt] = []
        self.plans: list[TurnPlan] = []
        self.vocabularies: list[str | None] = []
        self.message_plans: list[MessagePlan] = []
        self.discarded: list[str] = []
        self.events: list[Event] = []
        self.languages: list[str] = []

    async def say(self, prompt: Prompt) -> None:
        self.prompts.append(prompt)
        for part in parts_of(prompt):
            self.said.append(part.text if isinstance(part, Text) else f"file {part.name}")

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        follows = bool(self.answers and self.answers[0].startswith("#+"))  # at once
        if plan.timeout_s == WRONG_PAUSE_S and not follows:
            return NoInput()  # nobody presses more
        if not follows:
            await self.say(prompt)
        self.plans.append(plan)
        self.vocabularies.append(vocabulary_id)
        answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            return HungUp()
        if answer == DOWN:
            return SpeechDown(reason="gone")
        if answer.startswith("#"):
            keys = answer.removeprefix("#+").removeprefix("#") or "#"
            if len(keys) > 1:
                self.answers.insert(0, f"#+{keys[1:]}")
            return Pressed(keys=keys[0])
        return Heard(text=answer, score=0.9) if answer else NoInput()

    async def take_message(self, plan: MessagePlan) -> Recorded | Pressed | NoInput | HungUp:
        self.message_plans.append(plan)
        answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            return HungUp()
        if answer.startswith("#"):
            return Pressed(keys=answer[1])
        name = f"/m/{len(self.message_plans)}"
        cut_off = answer == CUT_OFF
        return Recorded(name=name, duration_s=2.04, hung_up=cut_off) if answer else NoInput()

    async def discard_message(self, message: Recorded) -> None:
        self.discarded.append(message.name)


async def converse(
    flow: str | Program,
    *answers: str,
    outside: Outside | None = None,
    vocabularies: Mapping[str, str] | None = None,
    caller: Caller | None = None,
    place: CallPlace | None = None,
    came_of: str = "",
    **arguments: Any,
) -> tuple[FlowResult, Caller]:
    """Run a flow with a caller."""
    caller = caller or Caller(*answers)
    result = await FlowEngine(
        parse_flow(flow) if isinstance(flow, str) else flow,
        caller,
        Journal(listener=caller.events.append),
        plan=TurnPlan(),
        min_score=0.5,
        vocabularies=vocabularies or {},
        caller={"number": "123", "name": "Ann", "called": "100"},
        outside=replace(
            outside or Outside(set_language=caller.languages.append),
            waiting=LoopWaiting(),
            environ=os.environ,
        ),
    ).run(arguments, place=place, dialled=came_of)
    return result, caller


def menu(prompt: str = "menu", *choices: str, more: str = "") -> str:
    """Write a menu step in one line."""
    return (
        f"{{do: menu, prompt: {prompt}, choices: [{', '.join(choices)}], "
        f"no_input: {{go: out}}, no_match: {{go: out}}{more}}}"
    )


def rehearse(folder: Path, tests: str, **flows: str) -> list[str]:
    """Run conversation tests: whole calls, in virtual time.

    Args:
        folder: An empty one.
        tests: YAML of the tests, without ``flow``; it is that of the first flow.
        flows: YAML of flows by name.

    Returns:
        What went wrong in each test.
    """
    for name, text in flows.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    file = folder / "the.tests.yaml"
    file.write_text(f"flow: {next(iter(flows))}.yaml\ntests:\n{tests}", encoding="utf-8")
    return [verdict.problem for verdict in run_tests(load_suite(file)).verdicts]
