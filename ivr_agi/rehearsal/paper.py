"""A caller on paper: the flow engine alone, without turns, speech and Asterisk.

Stands in for the dialogue room: it keeps to the plan of each turn (time of the prompt, no-input
time, words only where somebody listens). The benchmark compares with it what the rest costs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from ivr_agi.dialogue.prompt.parts import Prompt, words_of
from ivr_agi.dialogue.turn.outcomes import Heard, HungUp, NoInput, Outcome, Pressed, Recorded
from ivr_agi.rehearsal.caller import CallerAction, Deed
from ivr_agi.rehearsal.sounds import RECORDING_S, speaking_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.dialogue.record.message import MessagePlan
    from ivr_agi.dialogue.turn.plan import TurnPlan

__all__ = ("PaperCaller",)


class PaperCaller:
    """A talker whose caller does what ``next_action`` says.

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
