"""``hours``: are we open? Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.flow.file.spec import Name, StepName
from ivr_agi.flow.file.step import StepSpec

if TYPE_CHECKING:
    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("HoursStep",)


class HoursStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="hours"):
    """Branch on time of day, day of the week and holidays."""

    hours: Name
    """Name of the hours in the flow's ``hours``."""
    open: StepName
    """The next step when open."""
    closed: StepName
    """The next step when closed."""
    holiday: StepName | None = None
    """The next step on a holiday; default: ``closed``."""

    def needs_nobody(self) -> bool:
        """Tell that it does not need the caller."""
        return True

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Check the time."""
        hours, now = call.flow.hours[self.hours], call.outside.wall_clock()
        if hours.is_open(now):  # the night before a holiday may end on it
            return self.open
        return (self.holiday if hours.is_holiday(now) else None) or self.closed
