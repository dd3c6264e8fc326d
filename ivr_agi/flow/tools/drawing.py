"""What a drawing of a flow shows, and the drawing as Mermaid. Core, no I/O.

GitHub, GitLab and editors show Mermaid; :mod:`ivr_agi.flow.tools.svg` draws the same for a browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.flow.tools.lint import ways_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.file.model import Flow
    from ivr_agi.flow.file.step import StepSpec

__all__ = ("Way", "draw_mermaid", "find_ways", "verb_of")

_QUIET = {"no_input.go": "silence", "no_match.go": "no match", "limits.go": "limit"}
_ONLY = {"go"}


@dataclass(frozen=True)
class Way:
    """A way from one step to another."""

    start: str
    end: str
    label: str
    """What leads there; empty for the only way."""
    is_exit: bool
    """It is taken where a question was not answered."""


def find_ways(flow: Flow) -> Iterator[Way]:
    """Yield each way, those between the same steps as one."""
    for name, step in flow.steps.items():
        labels = step.labels()
        drawn: dict[tuple[bool, str], list[str]] = {}
        for path, target in ways_out(flow, step, commands=False).items():
            label = labels.get(path) or _QUIET.get(path) or path.removesuffix(".go")
            drawn.setdefault((path in _QUIET, target), []).append(
                "" if path in _ONLY and not labels else label
            )
        for (is_exit, target), texts in drawn.items():
            yield Way(name, target, ", ".join(filter(None, texts)), is_exit)


def verb_of(step: StepSpec) -> str:
    """Return what a step does, as the file says it."""
    return str(step.__struct_config__.tag)


def draw_mermaid(flow: Flow) -> str:
    """Return the diagram: boxes for steps, diamonds for conditions, rounded ends."""
    lines = ["flowchart TD", f"    START((start)) --> {_id(flow.start)}"]
    ways = list(find_ways(flow))
    for name, step in flow.steps.items():
        lines.append(f"    {_id(name)}{_shape(name, step)}")
        for way in ways:
            if way.start == name:
                arrow = "-.->" if way.is_exit else "-->"
                shown = f'|"{_escape(way.label)}"|' if way.label else ""
                lines.append(f"    {_id(name)} {arrow}{shown} {_id(way.end)}")
    for name, command in flow.commands.items():
        if command.go:
            lines.append(f'    ANY((any step)) -.->|"{_escape(name)}"| {_id(command.go)}')
    return "\n".join(lines) + "\n"


def _shape(name: str, step: StepSpec) -> str:
    verb = verb_of(step)
    text = _escape(f"{name}: {verb}")
    if step.ends:
        return f'(["{text}"])'
    return f'{{"{text}"}}' if verb in {"if", "hours"} else f'["{text}"]'


def _id(name: str) -> str:
    return f"s_{name}"  # "end" is a word of Mermaid's


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
