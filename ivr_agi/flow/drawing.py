"""Draws a flow as a Mermaid diagram, which GitHub, GitLab and editors show. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.flow.lint import ways_out

if TYPE_CHECKING:
    from ivr_agi.flow.model import Flow, StepSpec

__all__ = ("draw_mermaid",)

_QUIET = {"no_input.go": "silence", "no_match.go": "no match", "limits.go": "limit"}
_ONLY = {"go"}


def draw_mermaid(flow: Flow) -> str:
    """Return the diagram: boxes for steps, diamonds for conditions, rounded ends."""
    lines = ["flowchart TD", f"    START((start)) --> {_id(flow.start)}"]
    for name, step in flow.steps.items():
        lines.append(f"    {_id(name)}{_shape(name, step)}")
        labels = step.labels()
        drawn: dict[tuple[str, str], list[str]] = {}
        for path, target in ways_out(flow, step, commands=False).items():
            label = labels.get(path) or _QUIET.get(path) or path.removesuffix(".go")
            arrow = "-.->" if path in _QUIET else "-->"
            drawn.setdefault((arrow, target), []).append(
                "" if path in _ONLY and not labels else label
            )
        for (arrow, target), texts in drawn.items():
            text = ", ".join(filter(None, texts))
            shown = f'|"{_escape(text)}"|' if text else ""
            lines.append(f"    {_id(name)} {arrow}{shown} {_id(target)}")
    for name, command in flow.commands.items():
        if command.go:
            lines.append(f'    ANY((any step)) -.->|"{_escape(name)}"| {_id(command.go)}')
    return "\n".join(lines) + "\n"


def _shape(name: str, step: StepSpec) -> str:
    verb = str(step.__struct_config__.tag)
    text = _escape(f"{name}: {verb}")
    if step.ends:
        return f'(["{text}"])'
    return f'{{"{text}"}}' if verb in {"if", "hours"} else f'["{text}"]'


def _id(name: str) -> str:
    return f"s_{name}"  # "end" is a word of Mermaid's


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
