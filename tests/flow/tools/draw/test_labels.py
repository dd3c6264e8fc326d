"""Labels of edges: on their curves, and apart."""

from __future__ import annotations

import itertools

from ivr_agi.flow.tools.draw.labels import LABEL_HEIGHT, Area, place_labels

CURVE = [(0.0, 0.0), (0.0, 100.0)]


def areas(centres: list[tuple[float, float]], width: float) -> list[Area]:
    """Where labels are."""
    return [Area(at, width, LABEL_HEIGHT) for at in centres]


def are_apart(placed: list[Area]) -> bool:
    """No two touch."""
    return not any(a.touches(b) for a, b in itertools.combinations(placed, 2))


def test_one_label_is_on_its_curve() -> None:
    """A little before its middle."""
    centres, fits = place_labels([(CURVE, 40.0)], [])
    assert fits
    assert centres[0][0] == 0
    assert 30 < centres[0][1] < 50


def test_labels_of_one_place_are_apart() -> None:
    """Each still on its curve."""
    centres, fits = place_labels([(CURVE, 40.0)] * 4, [])
    assert fits
    assert are_apart(areas(centres, 40))
    assert {x for x, _ in centres} == {0}


def test_a_box_is_not_covered() -> None:
    """Nor touched."""
    box = Area((0.0, 40.0), 50.0, 30.0)
    centres, fits = place_labels([(CURVE, 40.0)], [box])
    assert fits
    assert not areas(centres, 40)[0].touches(box)


def test_too_little_room_is_told_and_they_are_apart_all_the_same() -> None:
    """Whoever draws makes more room."""
    centres, fits = place_labels([(CURVE, 40.0)] * 12, [])
    assert not fits
    assert are_apart(areas(centres, 40))


def test_a_fixed_place() -> None:
    """Of a loop at a box; the second one gives way."""
    centres, fits = place_labels([([(5.0, 5.0)], 10.0), ([(5.0, 5.0)], 10.0)], [])
    assert centres[0] == (5.0, 5.0)
    assert not fits
    assert are_apart(areas(centres, 10))
