"""Measurements as tables, printed at the end of the test run (fixture ``tables``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ("Tables",)


class Tables:
    """Tables of a test run, in the order they were added."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        """Each a title line and a table."""

    def add(self, title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add a table; the first column is text."""
        cells = [[str(cell) for cell in row] for row in [head, *rows]]
        widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
        lines = [
            "  ".join(
                cell.rjust(width) if column else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in cells
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        self.texts.append("\n".join([title, *lines]))

    def add_times(self, title: str, times_s: Mapping[str, Sequence[float]]) -> None:
        """Add a table of durations, given in seconds, with their quantiles in milliseconds."""
        head = ("ms", "n", "p50", "p95", "p99", "max")
        self.add(title, head, [(name, len(t), *_quantiles(t)) for name, t in times_s.items()])


def _quantiles(times_s: Sequence[float]) -> list[str]:
    values = np.percentile(np.array(times_s) * 1000, [50, 95, 99, 100])
    return [f"{value:.1f}" for value in values]
