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
    """A bound that a percentile must not exceed."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None

    def __str__(self) -> str:
        return ", ".join(f"{key} <= {value:g}" for key, value in vars(self).items() if value)


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

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None: there is none, or nothing was measured."""
        bounds = [(getattr(self, key), bound) for key, bound in vars(self.target).items() if bound]
        if not bounds or any(value is None for value, _ in bounds):
            return None
        return all(value <= bound for value, bound in bounds)


def row(
    name: str, unit: str, samples: Sequence[float], target: Target | None = None, meaning: str = ""
) -> Row:
    """A row of samples (nearest rank); of a single one there is only a p50."""
    ranked = sorted(samples)

    def percentile(percent: int) -> float | None:
        if not ranked or (len(ranked) == 1 and percent != 50):
            return None
        return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]

    found = (percentile(50), percentile(95), percentile(99))
    return Row(name, unit, len(ranked), *found, target or Target(), meaning)


def as_json(machine: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The form of ``design.md`` 6."""
    keys = ("name", "unit", "n", "p50", "p95", "p99")
    return {
        "machine": machine,
        "rows": [
            {key: getattr(each, key) for key in keys}
            | {"target": str(each.target) or None, "baseline": None, "ratio": None}
            for each in rows
        ],
    }


def as_text(machine: str, rows: Sequence[Row]) -> str:
    """A table."""
    lines = [machine, ""]
    head = ("", "p50", "p95", "p99", "unit", "n", "target", "")
    table = [head] + [
        (
            each.name,
            *("" if value is None else f"{value:.3g}" for value in (each.p50, each.p95, each.p99)),
            each.unit,
            str(each.n),
            str(each.target),
            {True: "met", False: "MISSED", None: ""}[each.is_met],
        )
        for each in rows
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines += [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in table
    ]
    lines += ["", *(f"{each.name}: {each.meaning}" for each in rows if each.meaning)]
    return "\n".join(lines)
