"""``ivr-agi flow talk FILE``: run a flow on the terminal, with the scores of matches."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from typing import TYPE_CHECKING

from ivr_agi.agi.text import ALL_KEYS
from ivr_agi.dialogue.prompt.parts import as_written
from ivr_agi.dialogue.turn.outcomes import Heard, HungUp, NoInput, Outcome, Pressed, Recorded
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.flow.load.loader import load_program
from ivr_agi.flow.run.engine import FlowEngine
from ivr_agi.flow.run.fetch import fetch, stream
from ivr_agi.flow.run.invoke import Invoker
from ivr_agi.flow.run.options import told_reading
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.prompts import SILENT_PROMPT
from ivr_agi.flow.run.waiting import LoopWaiting
from ivr_agi.journal import Event, Journal
from ivr_agi.rehearsal.timed_sounds import speaking_s

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.dialogue.prompt.parts import Prompt
    from ivr_agi.dialogue.record.message import MessagePlan
    from ivr_agi.flow.run.options import Reading

__all__ = ("talk_to_flow",)


def talk_to_flow(file: Path) -> int:
    """Run the flow with the keyboard as the caller."""
    return asyncio.run(_talk(file))


async def _talk(file: Path) -> int:
    keyboard = _Keyboard()
    engine = FlowEngine(
        load_program(file),
        keyboard,
        Journal(listener=_show_event),
        plan=TurnPlan(),
        min_score=0.0,
        vocabularies={},
        caller={"number": "5550100", "name": "Keyboard", "called": "100"},
        outside=Outside(
            fetch=fetch,
            stream=stream,
            invoke=Invoker(file.parent),
            waiting=LoopWaiting(),
            environ=os.environ,
            on_match=_show_match,
        ),
    )
    print("Type words; #1 presses 1; an empty line is silence; Ctrl-D hangs up.\n")
    result = await engine.run()
    told = {"IVR_STATUS": result.status.value, "IVR_RESULT": result.result}
    told |= {"IVR_TRANSFER": result.transfer, "IVR_ERROR": result.error, **result.variables}
    for name, value in told.items():
        if value:
            print(f"{name}={value}")
    return 0


class _Keyboard:
    """A talker that prints and reads."""

    def __init__(self) -> None:
        self._keys: deque[str] = deque()
        self._n_messages = 0

    async def say(self, prompt: Prompt) -> None:
        print(f"IVR: {as_written(prompt)}")

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        if self._keys:
            return Pressed(keys=self._keys.popleft())
        if prompt is SILENT_PROMPT:  # for further keys: those of a line are all
            return NoInput()
        await self.say(prompt)
        line = await _read()
        if line is None:
            return HungUp()
        if line.startswith("#") and len(line) > 1:
            self._keys.extend(char for char in line[1:] if char in ALL_KEYS)
            return Pressed(keys=self._keys.popleft()) if self._keys else NoInput()
        return Heard(text=line) if line and plan.listen else NoInput()

    async def take_message(self, plan: MessagePlan) -> Recorded | Pressed | NoInput | HungUp:
        line = await _read()
        if line is None:
            return HungUp()
        if line.startswith("#") and (key := line[1:2]) and key in plan.leave_keys:
            return Pressed(keys=key)
        if not line or line.startswith("#"):
            return NoInput()
        self._n_messages += 1
        return Recorded(name=f"message-{self._n_messages}", duration_s=speaking_s(line))

    async def discard_message(self, message: Recorded) -> None:
        print(f"     (deleted: {message.name})")


async def _read() -> str | None:
    """Read a line; None at the end of input."""
    try:
        return (await asyncio.to_thread(input, "you: ")).strip()
    except EOFError:
        print()
        return None


def _show_match(text: str, reading: Reading) -> None:
    scores = ", ".join(f"{phrase} {score:.2f}" for phrase, score in reading.scores)
    print(f"     ({reading.decision.value}{': ' if scores else ''}{scores})")
    if reading.pieces:
        print(f"     (read: {told_reading(reading)})")


def _show_event(event: Event) -> None:
    if event.event in {"step", "no_input", "no_match", "command", "http", "python", "message"}:
        told = " ".join(f"{key}={value}" for key, value in event.data.items())
        print(f"     ({event.event}: {told})")
