"""Numbers of a benchmark, as text and as JSON. Core, no I/O.

Source: ``design.md`` 6 (the JSON form, the targets).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("Row", "Target", "as_json", "as_text", "row")


@dataclass(frozen=True)
class Target:
    """A bound that a percentile must not exceed, or a least value of the median."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    least: float | None = None
    """What p50 must reach: for what is better the more there is of it."""

    def __str__(self) -> str:
        bounds = [
            f"p50 >= {value:g}" if key == "least" else f"{key} <= {value:g}"
            for key, value in vars(self).items()
            if value is not None
        ]
        return ", ".join(bounds)


@dataclass(frozen=True)
class Row:
    """One measured quantity."""

    name: str
    unit: str
    n: int
    """Samples."""
    p50: float | None
    p95: float | None
    """None where there is only one sample."""
    p99: float | None
    target: Target
    meaning: str = ""
    """One line for people."""
    baseline: float | None = None
    """p50 of the same by a plain script, measured in the same run; None: there was none."""

    @property
    def ratio(self) -> float | None:
        """How many times more the baseline is: 2 is twice as much as ours."""
        if self.baseline is None or not self.p50:
            return None
        return self.baseline / self.p50

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None: there is none, or nothing was measured."""
        target = self.target
        upper = ((self.p50, target.p50), (self.p95, target.p95), (self.p99, target.p99))
        verdicts = [_holds(value, bound) for value, bound in upper if bound is not None]
        if target.least is not None:
            verdicts.append(None if self.p50 is None else self.p50 >= target.least)
        return None if not verdicts or None in verdicts else all(verdicts)


def _holds(value: float | None, bound: float) -> bool | None:
    return None if value is None else value <= bound


def row(
    name: str,
    unit: str,
    samples: Sequence[float],
    target: Target | None = None,
    meaning: str = "",
    *,
    baseline: Sequence[float] = (),
) -> Row:
    """A row of samples (nearest rank); of a single one there is only a p50.

    Args:
        name: As in ``design.md`` 6, where it is there.
        unit: ``ms``, ``%``, ...
        samples: What was measured.
        target: What is aimed at.
        meaning: One line for people.
        baseline: The same, measured of a plain script; its median is kept.
    """
    ranked = sorted(samples)
    p50, p95, p99 = (_percentile(ranked, percent) for percent in (50, 95, 99))
    if len(ranked) == 1:
        p95 = p99 = None
    beside = _percentile(sorted(baseline), 50)
    return Row(name, unit, len(ranked), p50, p95, p99, target or Target(), meaning, beside)


def _percentile(ranked: Sequence[float], percent: int) -> float | None:
    if not ranked:
        return None
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def as_json(machine: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The form of ``design.md`` 6."""
    keys = ("name", "unit", "n", "p50", "p95", "p99", "baseline", "ratio")
    return {
        "machine": machine,
        "rows": [
            {key: getattr(each, key) for key in keys} | {"target": str(each.target) or None}
            for each in rows
        ],
    }


def as_text(machine: str, rows: Sequence[Row]) -> str:
    """A table; baseline and ratio only where there are any."""
    lines = [machine, ""]
    compared = any(each.baseline is not None for each in rows)
    head = ("", "p50", "p95", "p99", "unit", "n", "baseline", "ratio", "target", "")
    table = [head] + [
        (
            each.name,
            *(_number(value) for value in (each.p50, each.p95, each.p99)),
            each.unit,
            str(each.n),
            _number(each.baseline),
            "" if each.ratio is None else f"{each.ratio:.3g} x",
            str(each.target),
            {True: "met", False: "MISSED", None: ""}[each.is_met],
        )
        for each in rows
    ]
    if not compared:
        table = [cells[:6] + cells[8:] for cells in table]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines += [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in table
    ]
    lines += ["", *(f"{each.name}: {each.meaning}" for each in rows if each.meaning)]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
