"""``call`` and ``return``: another flow file as part of this one. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from ivr_agi.flow.file.spec import Name, StepName
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.flow.run.results import FlowResult, Status

if TYPE_CHECKING:
    from ivr_agi.flow.run.call import FlowCall

__all__ = ("CallStep", "ReturnStep")


class CallStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="call"):
    """Run another flow of the folder, then continue here."""

    flow: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$")]
    """Name of the flow: its file without ``.yaml``."""
    go: StepName
    """The next step after its ``return``."""
    arguments: dict[Name, Any] = {}
    """Its initial variables; strings may be templates. It sees no others."""
    save: Name | None = None
    """Variable for what it returns, a mapping."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Run it; if it ends the call, so does this step."""
        arguments = {name: call.values.fill(value) for name, value in self.arguments.items()}
        returned = await call.run_flow(self.flow, arguments)
        if isinstance(returned, FlowResult):
            return returned
        if self.save:
            call.values.set(self.save, returned)
        return self.go


class ReturnStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="return"):
    """Return to the flow that called this one."""

    ends: ClassVar[bool] = True

    values: dict[Name, Any] = {}
    """Values to return; strings may be templates."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Return; in the first flow this ends the call."""
        values = {name: call.values.fill(value) for name, value in self.values.items()}
        call.position.give_back(values)
        return call.end(Status.COMPLETED)
