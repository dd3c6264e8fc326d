"""Boxes in layers: none overlaps another, ways go round them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_agi.flow.tools.draw.layout import lay_out

NODES = [f"n{number}" for number in range(9)]
EDGES = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=16)
WIDTHS = st.lists(st.integers(20, 200), min_size=len(NODES), max_size=len(NODES))


@settings(max_examples=60, deadline=None)
@given(EDGES, WIDTHS)
def test_no_box_overlaps_another(edges: list[tuple[str, str]], widths: list[int]) -> None:
    """Whatever leads where, in circles too; all within the drawing, bends outside of boxes."""
    sizes = {node: (float(width), 40.0) for node, width in zip(NODES, widths, strict=True)}
    layout = lay_out(sizes, edges, first=["n0"])
    boxes = [(*layout.centres[node], *sizes[node]) for node in NODES]
    for number, (x, y, width, height) in enumerate(boxes):
        assert width / 2 <= x + 0.01
        assert x + width / 2 <= layout.width + 0.01
        assert height / 2 <= y <= layout.height - height / 2
        for other_x, other_y, other_width, _ in boxes[:number]:
            assert other_y != y or abs(other_x - x) >= (width + other_width) / 2
        for points in layout.bends.values():
            assert not [p for p in points if p[1] == y and abs(p[0] - x) < width / 2]
    assert set(layout.bends) == {edge for edge in edges if edge[0] != edge[1]}


def test_a_chain_goes_down_and_a_way_back_round_it() -> None:
    """The first box is on top; the way back has a bend beside each box it passes."""
    sizes = dict.fromkeys("abc", (50.0, 40.0))
    layout = lay_out(sizes, [("a", "b"), ("b", "c"), ("c", "a")], first=["a"])
    ys = [layout.centres[node][1] for node in "abc"]
    assert ys == sorted(ys)
    assert layout.bends["a", "b"] == []
    assert [y for _, y in layout.bends["c", "a"]] == [ys[1]]


def test_nothing() -> None:
    """No boxes, no drawing."""
    assert lay_out({}, []).height == 0
