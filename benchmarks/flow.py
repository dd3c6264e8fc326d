"""``python -m benchmarks.flow``: turns per second in virtual time, on one core and on all.

The caller of a menu of five choices answers it by words (the last word of each phrase only, so
that nothing matches at a glance), by keys, or over the prompt. Once through everything a call goes
through (:mod:`ivr_agi.rehearsal.stage`), and once with the flow engine alone. CPU time is measured,
not the clock: everything runs in one thread, and what else the machine does is not of interest.
In the end by the clock, on all cores: a file of conversation tests, as ``ivr-agi flow test`` does.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import itertools
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import benchmark_parser, run_benchmark
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.cli.bench.common import check_positive, say
from ivr_agi.dialogue.prompt.parts import Prompt, words_of
from ivr_agi.dialogue.turn.outcomes import Heard, HungUp, NoInput, Outcome, Pressed, Recorded
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.engine import FlowEngine
from ivr_agi.journal import Journal
from ivr_agi.rehearsal.caller import CallerAction, Deed
from ivr_agi.rehearsal.conversations import Loaded
from ivr_agi.rehearsal.spec import Conversation, ConversationLine, Suite
from ivr_agi.rehearsal.stage import Script, Stage
from ivr_agi.rehearsal.suites import n_cores, run_suites
from ivr_agi.rehearsal.timed_sounds import RECORDING_S, speaking_s
from ivr_agi.rehearsal.virtual import run_virtually

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable, Sequence

    from ivr_agi.dialogue.record.message import MessagePlan

__all__ = ("FlowPlan", "main", "run_flows")

_FLOW = """\
start: main
steps:
  main:
    do: menu
    prompt: Say sales, support, billing, orders, or operator.
    choices:
      - {words: [sales, new customer], key: "1", go: main}
      - {words: [technical support, support], key: "2", go: main}
      - {words: [billing, invoice], key: "3", go: main}
      - {words: [orders, my order], key: "4", go: main}
      - {words: [operator, agent], key: "0", go: operator}
    no_input: {go: operator}
    no_match: {go: operator}
  operator: {do: transfer, extension: "200"}
"""
_TURNS_PER_CALL = 20
_WORDS = ("sales please", "support", "the invoice", "my order")
_LEAVE = CallerAction(Deed.PRESS, "0")


@dataclass(frozen=True)
class FlowPlan:
    """How much to measure."""

    turns: int = 1000
    """Of each kind, in one measurement."""
    repeats: int = 5
    """Measurements of each kind."""


def run_flows(plan: FlowPlan, say: Callable[[str], None]) -> list[Row]:
    """Run all of it, some ten seconds; ``say`` takes a line of progress."""
    program = Program.of(parse_flow(_FLOW), "bench")
    words = [CallerAction(Deed.SAY, text) for text in _WORDS]
    keys = [CallerAction(Deed.PRESS, key) for key in "1234"]
    over = [CallerAction(Deed.SAY, text, over_s=1.0) for text in _WORDS]
    gc.freeze()  # as `flow test` does
    rows = []
    target = Target(least=2000)
    with Stage() as stage:
        engine = functools.partial(_engine, program)
        whole = functools.partial(_whole_call, stage, program)
        for name, call, actions, bound, meaning in (
            ("flow_turns", engine, words, target, "by words, flow engine and matching alone"),
            ("flow_turns_keys", engine, keys, None, "by keys, flow engine alone"),
            ("flow_turns_call", whole, words, target, "by words, through all of a call"),
            ("flow_turns_call_keys", whole, keys, target, "by keys, through all of a call"),
            ("flow_turns_call_barge_in", whole, over, None, "by words over the prompt, the same"),
        ):
            say(f"{plan.repeats} times {plan.turns} turns {meaning}")
            samples = _measure(plan, functools.partial(call, actions))
            rows.append(row(name, "turns/s", samples, bound, meaning))
    meaning = f"by words, as `flow test` on all cores ({n_cores()}), by the clock"
    say(f"{plan.repeats} times {plan.turns * n_cores()} turns {meaning}")
    rows.append(row("flow_turns_test", "turns/s", _measure_tests(plan, program), None, meaning))
    return rows


def _measure_tests(plan: FlowPlan, program: Program) -> list[float]:
    """Return the same of conversation tests, processes that begin and end included."""
    words = itertools.islice(itertools.cycle(_WORDS), _TURNS_PER_CALL - 1)
    talk = [*(ConversationLine(say=text) for text in words), ConversationLine(press=_LEAVE.what)]
    n_tests = max(1, plan.turns * n_cores() // _TURNS_PER_CALL)
    tests = [Conversation(name=str(n), talk=talk) for n in range(n_tests)]
    loaded = Loaded(Path("bench"), Suite(flow="bench", tests=tests), program, sounds={})
    found = []
    for _ in range(plan.repeats):
        began = time.monotonic()
        n_turns = sum(verdict.turns for ran in run_suites([loaded]) for verdict in ran.verdicts)
        found.append(n_turns / (time.monotonic() - began))
    return found


def _measure(plan: FlowPlan, call: Callable[[], Awaitable[int]]) -> list[float]:
    """Return turns per second of each measurement."""

    async def calls() -> list[float]:
        await call()  # what is done once a program is not measured
        found = []
        for _ in range(plan.repeats):
            n_turns, began = 0, time.process_time()
            while n_turns < plan.turns:
                n_turns += await call()
            found.append(n_turns / (time.process_time() - began))
        return found

    return run_virtually(calls())


def _talk(actions: Sequence[CallerAction]) -> Callable[[], CallerAction]:
    """Return what gives the actions of one call, in turn, and then leaves the menu."""
    plays = itertools.islice(itertools.cycle(actions), _TURNS_PER_CALL - 1)
    return lambda: next(plays, _LEAVE)


async def _whole_call(stage: Stage, program: Program, actions: Sequence[CallerAction]) -> int:
    next_action = _talk(actions)
    script = Script(program=program, next_action=lambda _: next_action())
    return (await stage.play(script)).questions


async def _engine(program: Program, actions: Sequence[CallerAction]) -> int:
    clock = asyncio.get_running_loop().time
    caller = _EngineCaller(_talk(actions))
    engine = FlowEngine(
        program, caller, Journal(clock=clock), plan=TurnPlan(), min_score=0.5, vocabularies={}
    )
    await engine.run()
    return _TURNS_PER_CALL


class _EngineCaller:
    """What the flow engine talks to when it is measured alone: a caller without turns and speech.

    Takes the time that each turn's plan says: the prompt, the no-input time; words count only where
    somebody listens.

    Args:
        next_action: Is asked at each turn.
    """

    def __init__(self, next_action: Callable[[], CallerAction]) -> None:
        self._next_action = next_action
        self._keys: deque[str] = deque()

    async def say(self, prompt: Prompt) -> None:
        """Take the time that it takes."""
        await asyncio.sleep(speaking_s(words_of(prompt)) or RECORDING_S)

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        """Do the next thing; keys that were pressed before come first."""
        if self._keys:
            return Pressed(keys=self._keys.popleft())
        await self.say(prompt)
        action = self._next_action()
        if action.deed is Deed.HANG_UP:
            return HungUp()
        if action.deed is Deed.PRESS:
            self._keys.extend(action.what)
            return Pressed(keys=self._keys.popleft())
        if action.deed is Deed.SAY and plan.listen:
            return Heard(text=action.what, score=1.0)
        await asyncio.sleep(plan.timeout_s)
        return NoInput()

    async def take_message(self, plan: MessagePlan) -> Recorded | Pressed | NoInput | HungUp:
        """There is nothing to be recorded."""
        await asyncio.sleep(plan.timeout_s)
        return NoInput()

    async def discard_message(self, message: Recorded) -> None:
        """There is nothing to be deleted."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("flow")
    parser.add_argument(
        "--turns",
        type=int,
        default=1000,
        metavar="N",
        help="turns of each measurement (%(default)s)",
    )
    return run_benchmark(parser, _measure_asked, argv)


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "turns")
    return run_flows(FlowPlan(turns=args.turns), say)


if __name__ == "__main__":
    sys.exit(main())
