"""``say``: a prompt, which nothing interrupts unless the step says so. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from ivr_agi.dialogue.turn.outcomes import Heard, HungUp, Pressed, SpeechDown
from ivr_agi.errors import CallerHungUp
from ivr_agi.flow.file.spec import PromptSpec, StepName
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.knobs import BargeIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("SayStep",)

AFTER_S = 0.01
"""Seconds of listening after the prompt: it asks nothing."""


class SayStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="say"):
    """Say a prompt."""

    prompt: PromptSpec
    """What is said."""
    go: StepName
    """The next step."""
    barge_in: BargeIn = BargeIn.NONE
    """What ends it early. Words and keys that do are the answer to the next question, if they are
    one of its answers."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Say it to its end, or until the caller has heard enough."""
        if self.barge_in is BargeIn.NONE:
            await call.speaker.say(self.prompt)
        elif call.early is None:  # else the caller has answered over the step before
            await self._offer(call)
        return self.go

    async def _offer(self, call: FlowCall) -> None:
        """Say it while the caller may interrupt."""
        defaults = call.flow.defaults
        plan = structs.replace(
            call.plan,
            listen=self.barge_in.by_speech and not call.outage.is_on,
            barge_in=self.barge_in,
            timeout_s=AFTER_S,
            guard_ms=call.plan.guard_ms if defaults.guard_ms is None else defaults.guard_ms,
        )
        plan = defaults.turn.applied_to(plan)
        match await call.speaker.turn(self.prompt, plan):
            case HungUp():
                raise CallerHungUp
            case Heard() | Pressed() as early:
                call.early = early
            case SpeechDown(reason=reason):
                call.outage.begin(reason, recover=plan.listen)
                await call.speaker.say(self.prompt)

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Reject what needs a choice."""
        if self.barge_in is BargeIn.HOTWORD:
            yield "hotword is for questions: nothing can be chosen here", ("barge_in",)
