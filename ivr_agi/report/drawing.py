"""The drawing of a flow with the traffic of its calls on it. Shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.flow.load.loader import load_flow
from ivr_agi.flow.tools.draw.svg import draw_svg

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.flow.tools.draw.svg import InPage
    from ivr_agi.report.numbers import Report

__all__ = ("draw_traffic",)


def draw_traffic(file: Path, report: Report, *, in_page: InPage | None = None) -> str:
    """Return an SVG of a flow: how many calls came through each step, and how many left there.

    Args:
        file: The flow.
        report: Its numbers.
        in_page: The drawing is part of a page.

    Raises:
        FlowError: The flow cannot be read.
    """
    notes = {}
    for step in report.steps:
        left = f", {100 * step.left / step.visits:.0f} % left" if step.left and step.visits else ""
        notes[step.step] = f"{step.visits} visits{left}"
    return draw_svg(load_flow(file), notes=notes, in_page=in_page)
