"""Places labels of edges: on their curves, apart from each other and from boxes. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.flow.tools.draw.layout import Point

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ("LABEL_HEIGHT", "Area", "Curve", "place_labels")

LABEL_HEIGHT = 14.0
_APART = 2.0
"""Least distance of two labels."""
_SHARES = sorted((percent / 100 for percent in range(10, 91, 5)), key=lambda at: abs(at - 0.45))
"""Places on a curve, as shares of it, the best first."""
_STEP = 4.0

Curve = list[Point]
"""The points that an edge goes through: straight down or up at each of them."""


@dataclass(frozen=True)
class Area:
    """A rectangle."""

    centre: Point
    width: float
    height: float

    def touches(self, other: Area) -> bool:
        """Whether two come closer than labels may."""
        (x, y), (other_x, other_y) = self.centre, other.centre
        return (
            abs(x - other_x) < (self.width + other.width) / 2 + _APART
            and abs(y - other_y) < (self.height + other.height) / 2 + _APART
        )


def place_labels(
    wanted: Sequence[tuple[Curve, float]], boxes: Sequence[Area]
) -> tuple[list[Point], bool]:
    """Place labels one after the other.

    Args:
        wanted: Curve and width of each label; a curve of one point is a fixed place.
        boxes: Where no label may be.

    Returns:
        The centres, and whether each is on its curve: otherwise there is too little room.
    """
    taken: list[Area] = list(boxes)
    centres, all_fit = [], True
    for curve, width in wanted:
        free = (
            area
            for at in _places(curve)
            if not any(map((area := Area(at, width, LABEL_HEIGHT)).touches, taken))
        )
        found = next(free, None)
        if found is None:
            all_fit = False
            found = _beside(Area(next(_places(curve)), width, LABEL_HEIGHT), taken)
        taken.append(found)
        centres.append(found.centre)
    return centres, all_fit


def _beside(area: Area, taken: Sequence[Area]) -> Area:
    """Return the nearest free place above or below."""
    x, y = area.centre
    distance = 0.0
    while True:
        distance += _STEP
        for at in ((x, y - distance), (x, y + distance)):
            moved = Area(at, area.width, area.height)
            if not any(map(moved.touches, taken)):
                return moved


def _places(curve: Curve) -> Iterator[Point]:
    """Yield places on a curve, the first part of it first."""
    if len(curve) == 1:
        yield curve[0]
    for begin, end in zip(curve, curve[1:], strict=False):
        for share in _SHARES:
            yield _on_curve(begin, end, share)


def _on_curve(begin: Point, end: Point, share: float) -> Point:
    """Return a point of the Bezier curve that leaves and arrives vertically."""
    (x, y), (to_x, to_y) = begin, end
    half, rest = (to_y - y) / 2, 1 - share
    weights = rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3
    xs, ys = (x, x, to_x, to_x), (y, y + half, to_y - half, to_y)
    return (
        sum(weight * each for weight, each in zip(weights, xs, strict=True)),
        sum(weight * each for weight, each in zip(weights, ys, strict=True)),
    )
