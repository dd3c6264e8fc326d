"""A step of one's own: ``do: wait`` waits, and keeps keys that are pressed meanwhile."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from ivr_agi.flow.file.spec import StepName
from ivr_agi.flow.file.step import StepSpec

__all__ = ("WaitStep",)


class WaitStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="wait"):
    """Wait a moment."""

    seconds: Annotated[float, Meta(gt=0, le=30)]
    """How long."""
    go: StepName
    """The next step."""

    async def run(self, call: Any) -> StepName:
        """Wait. ``call`` is a ``FlowCall``."""
        call.outside.attend()
        await call.outside.waiting.pause(self.seconds)
        return self.go
