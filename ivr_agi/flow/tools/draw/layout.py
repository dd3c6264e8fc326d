"""Places the boxes of a diagram: layers from top to bottom, few crossings. Core, no I/O.

The method of Sugiyama in its simplest form: ways that go back are turned round, every node gets a
layer below those before it, ways over several layers get a bend in each, layers are ordered by the
mean place of their neighbours, and boxes are moved towards these without overlapping.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ("Layout", "Point", "lay_out")

GAP_X, GAP_Y = 28.0, 64.0
"""Between boxes of a layer, and between layers."""
BEND_WIDTH = 10.0
SWEEPS = 12

Point = tuple[float, float]
Edge = tuple[str, str]


@dataclass
class Layout:
    """Positions of boxes and edges."""

    width: float = 0.0
    height: float = 0.0
    centres: dict[str, Point] = field(default_factory=dict)
    """Centre of each box."""
    bends: dict[Edge, list[Point]] = field(default_factory=dict)
    """Points of each edge between its boxes, in its direction."""


def lay_out(
    sizes: Mapping[str, Point],
    edges: Sequence[Edge],
    *,
    first: Sequence[str] = (),
    gap_y: float = GAP_Y,
) -> Layout:
    """Place boxes.

    Args:
        sizes: Width and height of each box.
        edges: From box to box; one to itself takes no part.
        first: Boxes of the top layer; others that nothing leads to are put there too.
        gap_y: Distance of the layers: labels need room.

    Returns:
        The layout; its origin is the top left corner.
    """
    edges = [edge for edge in dict.fromkeys(edges) if edge[0] != edge[1]]
    turned = _find_back_edges(sizes, edges, first)
    forward = [(b, a) if (a, b) in turned else (a, b) for a, b in edges]
    layer_of = _find_layers(sizes, forward)
    chains = {edge: _make_chain(edge, layer_of) for edge in dict.fromkeys(forward)}
    layers = _order(layer_of, chains)
    widths = {
        node: sizes[node][0] if node in sizes else BEND_WIDTH for row in layers for node in row
    }
    xs = _place(layers, widths, chains)
    heights = [max((sizes[node][1] for node in row if node in sizes), default=0) for row in layers]
    tops = [sum(heights[:row]) + gap_y * row for row in range(len(layers))]
    at = {
        node: (xs[node], tops[row] + heights[row] / 2)
        for row, nodes in enumerate(layers)
        for node in nodes
    }
    layout = Layout(
        width=max((xs[node] + widths[node] / 2 for node in xs), default=0.0),
        height=tops[-1] + heights[-1] if layers else 0.0,
        centres={node: at[node] for node in sizes},
    )
    for edge in edges:
        back = edge in turned
        chain = chains[(edge[1], edge[0]) if back else edge][1:-1]
        layout.bends[edge] = [at[node] for node in (reversed(chain) if back else chain)]
    return layout


def _find_back_edges(
    nodes: Mapping[str, Point], edges: list[Edge], first: Sequence[str]
) -> set[Edge]:
    """Return the edges that close a circle."""
    out: dict[str, list[str]] = {node: [] for node in nodes}
    for a, b in edges:
        out[a].append(b)
    state: dict[str, int] = {}
    back: set[Edge] = set()
    for root in [*first, *nodes]:
        waiting = [(root, iter(out[root]))] if root not in state else []
        state.setdefault(root, 1)
        while waiting:
            node, following = waiting[-1]
            target = next(following, None)
            if target is None:
                state[node] = 2
                waiting.pop()
            elif target not in state:
                state[target] = 1
                waiting.append((target, iter(out[target])))
            elif state[target] == 1:
                back.add((node, target))
    return back


def _find_layers(nodes: Mapping[str, Point], forward: list[Edge]) -> dict[str, int]:
    """Put each node one layer below its lowest predecessor."""
    into: dict[str, list[str]] = {node: [] for node in nodes}
    for a, b in forward:
        into[b].append(a)
    layer_of: dict[str, int] = {}

    def layer(node: str) -> int:
        if node not in layer_of:
            layer_of[node] = 1 + max((layer(before) for before in into[node]), default=-1)
        return layer_of[node]

    for node in nodes:
        layer(node)
    return layer_of


def _make_chain(edge: Edge, layer_of: dict[str, int]) -> list[str]:
    """Return the nodes of an edge, with a new one for each layer in between."""
    a, b = edge
    bends = [f"{a}\0{b}\0{row}" for row in range(layer_of[a] + 1, layer_of[b])]
    for bend in bends:
        layer_of[bend] = int(bend.rpartition("\0")[2])
    return [a, *bends, b]


def _order(layer_of: dict[str, int], chains: Mapping[Edge, list[str]]) -> list[list[str]]:
    """Order layers by the mean position of neighbours above and below, in several sweeps."""
    layers: list[list[str]] = [[] for _ in range(1 + max(layer_of.values(), default=-1))]
    for node, depth in layer_of.items():
        layers[depth].append(node)
    above, below = _neighbours(chains)
    best, fewest = [list(row) for row in layers], _count_crossings(layers, below)
    for sweep in range(SWEEPS):
        near = above if sweep % 2 == 0 else below
        for row in layers if sweep % 2 == 0 else reversed(layers):
            place = {node: number for other in layers for number, node in enumerate(other)}
            row.sort(
                key=lambda node: (
                    sum(place[other] for other in near[node]) / len(near[node])
                    if near.get(node)
                    else place[node]
                )
            )
        if (crossings := _count_crossings(layers, below)) < fewest:
            best, fewest = [list(row) for row in layers], crossings
    return best


def _neighbours(
    chains: Mapping[Edge, list[str]],
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains.values():
        for a, b in zip(chain, chain[1:], strict=False):
            above.setdefault(b, []).append(a)
            below.setdefault(a, []).append(b)
    return above, below


def _count_crossings(layers: list[list[str]], below: Mapping[str, list[str]]) -> int:
    count = 0
    for row, following in zip(layers, layers[1:], strict=False):
        place = {node: number for number, node in enumerate(following)}
        ends: list[int] = []
        for node in row:
            own = [place[other] for other in below.get(node, [])]
            count += sum(end > place_of for end in ends for place_of in own)
            ends += own
    return count


def _place(
    layers: list[list[str]], widths: Mapping[str, float], chains: Mapping[Edge, list[str]]
) -> dict[str, float]:
    """Move boxes towards their neighbours, keeping their order, without overlap."""
    xs: dict[str, float] = {}
    for row in layers:
        at = 0.0
        for node in row:
            xs[node] = at + widths[node] / 2
            at += widths[node] + GAP_X
    above, below = _neighbours(chains)
    for sweep in range(SWEEPS):
        near = above if sweep % 2 == 0 else below
        for row in layers if sweep % 2 == 0 else reversed(layers):
            _move_row(row, widths, near, xs)
    left = min((xs[node] - widths[node] / 2 for node in xs), default=0.0)
    return {node: x - left for node, x in xs.items()}


def _move_row(
    row: list[str], widths: Mapping[str, float], near: Mapping[str, list[str]], xs: dict[str, float]
) -> None:
    """Put each node where it wants to be; groups that would overlap share the distance.

    Isotonic regression (pool adjacent violators): the least sum of squared moves.
    """
    blocks: list[tuple[list[str], float, float]] = []  # nodes, wanted left edge, weight
    for node in row:
        wanted = xs[node]
        if near.get(node):
            wanted = sum(xs[other] for other in near[node]) / len(near[node])
        block = [node], wanted - widths[node] / 2, 1.0
        blocks.append(block)
        while len(blocks) > 1 and _right(blocks[-2], widths) > blocks[-1][1]:
            nodes, left, weight = blocks.pop()
            before, before_left, before_weight = blocks.pop()
            shift = _right((before, 0.0, 0.0), widths)
            together = weight + before_weight
            mean = (before_left * before_weight + (left - shift) * weight) / together
            blocks.append(([*before, *nodes], mean, together))
    for nodes, left, _ in blocks:
        for node in nodes:
            xs[node] = left + widths[node] / 2
            left += widths[node] + GAP_X


def _right(block: tuple[list[str], float, float], widths: Mapping[str, float]) -> float:
    """Return where the next block may begin."""
    return block[1] + sum(widths[node] + GAP_X for node in block[0])
