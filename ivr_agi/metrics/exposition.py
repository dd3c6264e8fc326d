"""Counters, gauges and histograms in Prometheus' text format. Core, no I/O.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/. Labels are names of flows,
steps, statuses and endpoints; never a call, a caller or a word.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("Family", "Registry")

MOST_SERIES = 2_000
"""Label sets of one family; what is more is counted as ``other``."""
BUCKETS_S = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 5.0)
OTHER = "other"


@dataclass
class _Histogram:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    total: float = 0.0


class Family:
    """A metric with its label sets.

    Args:
        name: With its unit, in base units.
        kind: ``counter``, ``gauge`` or ``histogram``.
        about: One line.
        labels: Names of its labels.
    """

    def __init__(self, name: str, kind: str, about: str, labels: tuple[str, ...] = ()) -> None:
        self.name = name
        self.kind = kind
        self.about = about
        self.labels = labels
        self._values: dict[tuple[str, ...], float] = defaultdict(float)
        self._histograms: dict[tuple[str, ...], _Histogram] = defaultdict(_Histogram)

    def add(self, n: float, *labels: str) -> None:
        """Count."""
        self._values[self._key(self._values, labels)] += n

    def set(self, value: float, *labels: str) -> None:
        """Set a gauge."""
        self._values[self._key(self._values, labels)] = value

    def clear(self) -> None:
        """Forget all label sets of a gauge."""
        self._values.clear()

    def observe(self, seconds: float, *labels: str) -> None:
        """Count into a histogram."""
        found = self._histograms[self._key(self._histograms, labels)]
        found.counts[bisect_left(BUCKETS_S, seconds)] += 1
        found.total += seconds

    def _key(self, known: object, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(labels) != len(self.labels):
            raise ValueError(f"{self.name} has {len(self.labels)} labels, got {len(labels)}")
        series = self._histograms if known is self._histograms else self._values
        if labels in series or len(series) < MOST_SERIES:
            return labels
        return (OTHER,) * len(labels)

    def lines(self) -> Iterator[str]:
        """Return its lines."""
        yield f"# HELP {self.name} {self.about}"
        yield f"# TYPE {self.name} {self.kind}"
        if not self.labels and self.kind != "histogram" and not self._values:
            yield f"{self.name} 0"
        for labels, value in sorted(self._values.items()):
            yield f"{self.name}{self._written(labels)} {_number(value)}"
        for labels, found in sorted(self._histograms.items()):
            so_far = 0
            for edge, n in zip((*BUCKETS_S, "+Inf"), found.counts, strict=True):
                so_far += n
                yield f"{self.name}_bucket{self._written(labels, ('le', str(edge)))} {so_far}"
            yield f"{self.name}_sum{self._written(labels)} {_number(round(found.total, 6))}"
            yield f"{self.name}_count{self._written(labels)} {so_far}"

    def _written(self, labels: tuple[str, ...], *more: tuple[str, str]) -> str:
        pairs = [*zip(self.labels, labels, strict=True), *more]
        text = ",".join(f'{name}="{_escape(value)}"' for name, value in pairs)
        return f"{{{text}}}" if text else ""


class Registry:
    """All families, in order."""

    def __init__(self) -> None:
        self._families: list[Family] = []

    def family(self, name: str, kind: str, about: str, *labels: str) -> Family:
        """Add a family."""
        made = Family(name, kind, about, labels)
        self._families.append(made)
        return made

    def text(self) -> str:
        """Return the page that Prometheus reads."""
        return "\n".join(line for family in self._families for line in family.lines()) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
