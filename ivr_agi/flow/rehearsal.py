"""A caller on paper, in virtual time: what conversation tests and benchmarks talk through.

Stands in for the dialogue room: it keeps to the plan of each turn (time of the prompt, no-input
time, words only where somebody listens) and knows neither audio nor Asterisk.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from ivr_agi.dialogue.outcomes import Heard, HungUp, NoInput, Outcome, Pressed, SpeechDown
from ivr_agi.dialogue.prompts import Prompt, Text, parts_of
from ivr_agi.errors import CallerHungUp

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.dialogue.plan import TurnPlan

__all__ = ("HANG_UP", "Action", "PaperCaller", "as_written", "speaking_s")

HANG_UP = "hang_up"

Action = tuple[str, str]
"""``("say", words)``, ``("press", keys)``, ``("silence", "")``, ``("hang_up", "")``."""


def speaking_s(text: str) -> float:
    """Return about how long a text takes to say."""
    wide = sum(1 for char in text if char > "⺀")
    return wide / 4.2 + (len(text) - wide) / 15


def as_written(prompt: Prompt) -> str:
    """Return what a prompt says; a recording whose words are not known is its name in brackets."""
    return " ".join(
        part.text or ("" if isinstance(part, Text) else f"[{part.name}]")
        for part in parts_of(prompt)
    )


class PaperCaller:
    """A talker whose caller does what ``next_action`` says.

    Args:
        next_action: Is asked at each turn, with what was said since the last one.
    """

    def __init__(self, next_action: Callable[[list[str]], Action]) -> None:
        self.speech_down = False
        self._next_action = next_action
        self._said: list[str] = []
        self._keys: deque[str] = deque()
        self._gone = False

    async def say(self, prompt: Prompt) -> None:
        """Take the time that it takes."""
        if self._gone:
            raise CallerHungUp
        self._said.append(as_written(prompt))
        await asyncio.sleep(speaking_s(self._said[-1]))

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        """Do the next thing; keys that were pressed before come first."""
        if self._keys:
            return Pressed(keys=self._keys.popleft())
        await self.say(prompt)
        kind, what = self._next_action(self._said)
        self._said = []
        if kind == HANG_UP:
            self._gone = True
            return HungUp()
        if plan.listen and self.speech_down:
            return SpeechDown(reason="speech is down in this test")
        if kind == "press":
            self._keys.extend(what)
            return Pressed(keys=self._keys.popleft())
        if kind == "say" and plan.listen:
            return Heard(text=what, score=1.0)
        await asyncio.sleep(plan.timeout_s)
        return NoInput()

    def drop_keys(self) -> None:
        """Forget keys that nobody took."""
        self._keys.clear()

    @property
    def said(self) -> list[str]:
        """What was said since the last turn."""
        return self._said
