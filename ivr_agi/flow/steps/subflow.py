"""``call`` and ``return``: another flow file as part of this one. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import field

from ivr_agi.flow.file.spec import FlowName, Name, StepName
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.flow.file.target import aim, aim_faults
from ivr_agi.flow.run.results import FlowResult, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.run.call import FlowCall

__all__ = ("CallStep", "ReturnStep")


class CallStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="call"):
    """Run another flow of the folder, then continue here."""

    resumes: ClassVar[bool] = True

    flow: FlowName
    """Name of the flow, its file without ``.yaml``; or a variable that names one of ``allowed``."""
    go: StepName
    """The next step after its ``return``."""
    allowed: list[str] = []
    """The flows that the variable may name."""
    otherwise: StepName | None = field(name="else", default=None)
    """The next step if it names anything else; default: the call fails."""
    arguments: dict[Name, Any] = {}
    """Its initial variables; strings may be templates. It sees no others."""
    save: Name | None = None
    """Variable for what it returns, a mapping."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Run it; if it ends the call, so does this step."""
        arguments = {name: call.values.fill(value) for name, value in self.arguments.items()}
        flow, otherwise = aim(self, self.flow, call.values.fill_text)
        if otherwise is not None:
            return otherwise
        returned = await call.run_flow(flow, arguments)
        if isinstance(returned, FlowResult):
            return returned
        if self.save:
            call.values.set(self.save, returned)
        return self.go

    def flows(self) -> list[str]:
        """Return the flows that it may run."""
        return self.allowed if self.flow.is_open else [self.flow]

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Require a list for a variable."""
        yield from aim_faults(self, "flow", self.flow)


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
