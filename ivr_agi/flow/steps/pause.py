"""``pause``: silence for a while. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.flow.file.spec import Seconds, StepName
from ivr_agi.flow.file.step import StepSpec

if TYPE_CHECKING:
    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("PauseStep",)


class PauseStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="pause"):
    """Say nothing for a while; keys that are pressed meanwhile are kept."""

    duration_s: Seconds
    """How long, s."""
    go: StepName
    """The next step."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Wait."""
        call.outside.attend()
        await call.outside.waiting.pause(self.duration_s)
        return self.go
