"""Where a call is: the active flows, the step, and the previous questions. Core, no I/O."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.spec import StepName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ivr_agi.flow.file.head import FlowHead

__all__ = ("MAX_DEPTH", "FlowFrame", "Position")

MAX_DEPTH = 10
"""Maximum depth of flows calling flows."""


@dataclass
class FlowFrame:
    """An active flow: the first one, or one that was called."""

    name: str
    head: FlowHead
    values: dict[str, Any]
    """Its variables."""
    secrets: dict[str, Any] = field(default_factory=dict)
    """Values of secure steps, visible to templates of ``http`` and ``python`` and to conditions."""
    history: list[str] = field(default_factory=list)
    """Steps that asked something, for the command "back"."""
    step: str = ""
    """The step that it is in."""
    resumes: bool = False
    """A call that was connected to somebody may come back to this step."""
    is_alone: bool = False
    """Its steps after a hang-up run, or have run."""
    has_failed: bool = False
    """A step of it has failed, and it went on where the flow says (``on_error``)."""
    returned: dict[str, Any] | None = None
    """Values of its ``return`` step for the calling flow; None while it runs."""


class Position:
    """The position of a call in its flows.

    Args:
        main: Name of the first flow; steps of others are called ``flow.step``.
        head: The head of that flow.
    """

    def __init__(self, main: str, head: FlowHead) -> None:
        self.step = ""
        """The current step."""
        self.full_step = ""
        """The same, prefixed with the flow's name in a called flow."""
        self.head = head
        """The head of the current flow; initially, of the first one."""
        self._main = main
        self._frames: list[FlowFrame] = []

    @property
    def frame(self) -> FlowFrame:
        """The current flow."""
        return self._frames[-1]

    @property
    def frames(self) -> Sequence[FlowFrame]:
        """All active flows, the first one first."""
        return self._frames

    @property
    def secrets(self) -> Iterator[Any]:
        """The values of secure steps, of all active flows."""
        return itertools.chain.from_iterable(frame.secrets.values() for frame in self._frames)

    def enter_flow(self, name: str, head: FlowHead, arguments: Mapping[str, Any]) -> FlowFrame:
        """Enter a flow with its variables.

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
        """Return to the step that called the current flow."""
        self._frames.pop()
        if self._frames:
            self.head = self.frame.head
            self.enter_step(step)

    def enter_step(self, name: str) -> None:
        """Enter a step of the current flow."""
        self.step = self._frames[-1].step = name
        flow = self._frames[-1].name
        self.full_step = name if flow == self._main else f"{flow}.{name}"

    def give_back(self, values: dict[str, Any]) -> None:
        """Return values to the calling flow, if there is one."""
        if len(self._frames) > 1:
            self.frame.returned = values

    def enter_question(self) -> None:
        """Add the step to those that "back" returns to."""
        history = self.frame.history
        if not history or history[-1] != self.step:
            history.append(self.step)

    def step_back(self) -> StepName | None:
        """Return the previous step that asked something, or None."""
        history = self.frame.history
        if len(history) < 2:
            return None
        history.pop()
        return StepName(history.pop())
