"""Where a flow can go from each of its steps. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.flow.file.spec import StepName, walk
from ivr_agi.flow.file.step import InputSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.file.model import Flow
    from ivr_agi.flow.file.step import StepSpec

__all__ = ("Way", "find_ways", "ways_out")

_QUIET = {"no_input.go": "silence", "no_match.go": "no match", "limits.go": "limit"}
_QUIET_IN_FIELDS = (".no_input.go", ".no_match.go")
_ONLY = {"go"}


@dataclass(frozen=True)
class Way:
    """An edge from one step to another."""

    start: str
    end: str
    label: str
    """Label; empty for the only exit."""
    is_exit: bool
    """It is taken when a question is not answered."""


def find_ways(flow: Flow) -> Iterator[Way]:
    """Yield all edges; those between the same steps are merged."""
    for name, step in flow.steps.items():
        labels = step.labels()
        drawn: dict[tuple[bool, str], list[str]] = {}
        for path, target in ways_out(flow, step, commands=False).items():
            label = labels.get(path) or _QUIET.get(path) or path.removesuffix(".go")
            is_exit = path in _QUIET or path.endswith(_QUIET_IN_FIELDS)
            drawn.setdefault((is_exit, target), []).append(
                "" if path in _ONLY and not labels else label
            )
        for (is_exit, target), texts in drawn.items():
            yield Way(name, target, ", ".join(filter(None, texts)), is_exit)


def ways_out(flow: Flow, step: StepSpec, *, commands: bool = True) -> dict[str, str]:
    """Return the exits of a step by dotted path of keys, including defaults and commands."""
    ways = {
        ".".join(map(str, path)): str(value)
        for path, value in walk(step)
        if isinstance(value, StepName)
    }
    if isinstance(step, InputSpec):
        for kind in step.misses():
            go = getattr(step, kind).over(getattr(flow.defaults, kind)).go
            if go is not None:
                ways[f"{kind}.go"] = str(go)
        if flow.limits.go:
            ways["limits.go"] = str(flow.limits.go)
        if commands and step.commands:
            for name, command in flow.commands.items():
                if command.go:
                    ways[f"commands.{name}.go"] = str(command.go)
    return ways
