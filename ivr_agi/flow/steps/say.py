"""``say``: a prompt that nothing interrupts. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.flow.file.spec import PromptSpec, StepName
from ivr_agi.flow.file.step import StepSpec

if TYPE_CHECKING:
    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("SayStep",)


class SayStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="say"):
    """Say a prompt that nothing interrupts."""

    prompt: PromptSpec
    """What is said."""
    go: StepName
    """The next step."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Say it to its end."""
        await call.speaker.say(self.prompt)
        return self.go
