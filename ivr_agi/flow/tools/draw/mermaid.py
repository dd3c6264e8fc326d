"""Draws a flow as Mermaid, which GitHub, GitLab and editors show. Core, no I/O.

:mod:`ivr_agi.flow.tools.draw.svg` draws the same for a browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.flow.tools.ways import find_ways

if TYPE_CHECKING:
    from ivr_agi.flow.file.model import Flow
    from ivr_agi.flow.file.step import StepSpec

__all__ = ("draw_mermaid", "verb_of")


def verb_of(step: StepSpec) -> str:
    """Return the verb of a step."""
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
    return f"s_{name}"  # "end" is a keyword of Mermaid


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
