"""A picture of cost against the number of calls (extra ``demo``: matplotlib). Shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.bench.load_steps import as_points
from ivr_agi.errors import ConfigError, MissingDependency

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from ivr_agi.bench.load_steps import LoadStep

__all__ = ("draw_costs",)

OURS, PLAIN = "#1b6ca8", "#c0504d"
PANELS = (
    ("cpu_ms", "CPU per call and second, ms", 1.0),
    ("core_share", "CPU, % of a core", 100.0),
    ("memory_kb", "memory, MB", 1 / 1024),
    ("frame_p99_ms", "frame_to_socket p99, ms", 1.0),
)


def draw_costs(
    path: Path, steps: Sequence[LoadStep], baseline: Sequence[LoadStep], *, title: str = ""
) -> None:
    """Draw four panels over the number of calls: the warm server and the plain script.

    Args:
        path: A PNG.
        steps: Of the warm server.
        baseline: Of the plain script; may be empty.
        title: The machine.

    Raises:
        MissingDependency: Without matplotlib.
        ConfigError: The file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as exc:
        raise MissingDependency("matplotlib", "demo") from exc
    figure = Figure(figsize=(11, 7.5), layout="constrained")
    figure.suptitle(title, fontsize=9)
    for axes, (key, label, scale) in zip(figure.subplots(2, 2).flat, PANELS, strict=True):
        for name, colour, points in (
            ("warm server", OURS, as_points(steps)),
            ("plain script", PLAIN, as_points(baseline)),
        ):
            _draw(axes, points, key, scale, name, colour)
        axes.set_xlabel("simultaneous calls")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend()
    try:
        figure.savefig(path, dpi=120, format="png")
    except OSError as exc:
        raise ConfigError(f"cannot write: {exc.strerror}", path=str(path)) from exc


def _draw(
    axes: Any, points: list[dict[str, Any]], key: str, scale: float, name: str, colour: str
) -> None:
    """One line; steps that broke are hollow."""
    known = [point for point in points if point[key] is not None]
    if not known:
        return
    calls = [point["calls"] for point in known]
    values = [scale * point[key] for point in known]
    axes.plot(calls, values, color=colour, label=name)
    for x, y, point in zip(calls, values, known, strict=True):
        axes.plot(x, y, "o", color=colour, markerfacecolor="white" if point["broke"] else colour)
