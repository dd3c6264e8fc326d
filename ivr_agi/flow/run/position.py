"""Where a call is: the flows under way, the step, and the questions before it. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.spec import StepName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_agi.flow.file.head import FlowHead

__all__ = ("MAX_DEPTH", "FlowFrame", "Position")

MAX_DEPTH = 10
"""Flows that may call each other, one inside the other."""


@dataclass
class FlowFrame:
    """One flow under way: the first one, or one that was called."""

    name: str
    head: FlowHead
    values: dict[str, Any]
    """Its variables."""
    secrets: dict[str, Any] = field(default_factory=dict)
    """Values of secure steps: templates of ``http`` and ``python`` see them, nothing else does."""
    history: list[str] = field(default_factory=list)
    """Steps that took input, for the command "back"."""
    returned: dict[str, Any] | None = None
    """What its ``return`` step gives to the flow that called it; None while it runs."""


class Position:
    """The way that a call took.

    Args:
        main: Name of the first flow; steps of others are called ``flow.step``.
        head: What that flow says beside its steps.
    """

    def __init__(self, main: str, head: FlowHead) -> None:
        self.step = ""
        """The step under way."""
        self.full_step = ""
        """The same, with the name of its flow where that was called."""
        self.head = head
        """What the flow under way says beside its steps; before any, what the first one says."""
        self._main = main
        self._frames: list[FlowFrame] = []

    @property
    def frame(self) -> FlowFrame:
        """The flow under way."""
        return self._frames[-1]

    def enter_flow(self, name: str, head: FlowHead, arguments: Mapping[str, Any]) -> FlowFrame:
        """Begin a flow with its variables.

        Raises:
            FlowError: Too many flows call each other.
        """
        if len(self._frames) >= MAX_DEPTH:
            raise FlowError(f"more than {MAX_DEPTH} flows call each other")
        frame = FlowFrame(name, head, {**head.variables, **arguments})
        self._frames.append(frame)
        self.head = head
        return frame

    def leave_flow(self, step: str) -> None:
        """Go back to the step that called the flow under way."""
        self._frames.pop()
        if self._frames:
            self.head = self.frame.head
            self.enter_step(step)

    def enter_step(self, name: str) -> None:
        """Begin a step of the flow under way."""
        self.step = name
        flow = self._frames[-1].name
        self.full_step = name if flow == self._main else f"{flow}.{name}"

    def give_back(self, values: dict[str, Any]) -> None:
        """Return values to the flow that called the one under way, if one did."""
        if len(self._frames) > 1:
            self.frame.returned = values

    def enter_question(self) -> None:
        """Note that the step asks something: "back" leads here."""
        history = self.frame.history
        if not history or history[-1] != self.step:
            history.append(self.step)

    def step_back(self) -> StepName | None:
        """Return the step that asked before this one, or None."""
        history = self.frame.history
        if len(history) < 2:
            return None
        history.pop()
        return StepName(history.pop())
