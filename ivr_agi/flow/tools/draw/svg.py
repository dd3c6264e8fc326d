"""Draws a flow as SVG, for browsers. Core, no I/O."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING

from ivr_agi.flow.tools.draw.labels import LABEL_HEIGHT, Area, Curve, place_labels
from ivr_agi.flow.tools.draw.layout import GAP_Y, Layout, Point, lay_out
from ivr_agi.flow.tools.draw.mermaid import verb_of
from ivr_agi.flow.tools.ways import Way, find_ways

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from ivr_agi.flow.file.model import Flow
    from ivr_agi.flow.file.step import StepSpec

__all__ = ("FLOW_START", "InPage", "draw_svg")


@dataclass(frozen=True, kw_only=True)
class InPage:
    """How a drawing is part of a page, whose style sheet gives it its colours."""

    links: Mapping[str, str] = field(default_factory=dict)
    """Where a click on a step leads, by step."""
    steps: Container[str] = ()
    """Steps that were gone through."""
    ways: Container[tuple[str, str]] = ()
    """Ways that were taken: from, to."""


@dataclass(frozen=True)
class _Label:
    """The label of an edge."""

    way: Way
    curve: Curve
    """The edge."""
    at: Point = (0.0, 0.0)

    @property
    def width(self) -> float:
        return (_width(self.way.label) - 2 * _PADDING) * 0.85 + 4


FLOW_START = "\1start"
"""Where the way of each call begins."""
_ANY = "\1any"
_MARGIN = 24.0
_HEIGHT, _SMALL_HEIGHT = 46.0, 28.0
_PADDING = 12.0
_LETTER, _WIDE_LETTER = 7.4, 13.5
"""Approximate width of letters at 13 px; Chinese ones are square."""
_MOST_LETTERS = 34
_COMMON = 3
"""An exit shared by this many questions is drawn once, from "any step"."""

_FILLS = {
    "menu": "#dbeafe", "ask": "#dbeafe", "confirm": "#dbeafe", "record": "#dbeafe",
    "if": "#fef3c7", "hours": "#fef3c7", "set": "#fef3c7", "goto": "#fef3c7",
    "http": "#ede9fe", "python": "#ede9fe", "call": "#ede9fe",
}  # fmt: skip
_END_FILL, _FILL = "#dcfce7", "#f3f4f6"
_KINDS = {"#dbeafe": "asks", "#fef3c7": "decides", "#ede9fe": "reaches", _END_FILL: "ends"}
"""Classes of boxes, for a page's style sheet, by their colour in a file."""

_STYLE = """\
text{font:13px sans-serif;fill:#111827;text-anchor:middle}
.verb{font-size:11px;fill:#4b5563}
.label{font-size:11px}
.box{stroke:#6b7280}
.back{opacity:.85}
.way{fill:none;stroke:#374151;stroke-width:1.3}
.exit{stroke:#9ca3af;stroke-dasharray:5 4}
.exit-label{fill:#6b7280}
"""


_FILE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} {top} {width} {height}" \
width="{width}" height="{height}"{kind}>
{style}
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" \
markerWidth="10" markerHeight="10" orient="auto">\
<path d="M0 0L8 4L0 8z" fill="#374151"/></marker></defs>
<rect class="paper" x="{left}" y="{top}" width="{width}" height="{height}" fill="#fff"/>
{drawn}
</svg>
"""


def draw_svg(
    flow: Flow, *, notes: Mapping[str, str] | None = None, in_page: InPage | None = None
) -> str:
    """Return the diagram: questions blue, conditions yellow, services violet, ends green.

    Exits for silence and no match are dashed; where many steps share one, or a global command
    leads somewhere, it is drawn once, from "any step".

    Args:
        flow: The flow.
        notes: Of steps, written in place of their verb and prompt.
        in_page: The drawing is part of a page: without a style of its own.
    """
    ways = _gather(flow, list(find_ways(flow)))
    noted = notes or {}
    texts = {
        name: (name, noted.get(name) or _second_line(step)) for name, step in flow.steps.items()
    }
    sizes = {name: (max(map(_width, lines)), _HEIGHT) for name, lines in texts.items()}
    sizes[FLOW_START] = _width("start"), _SMALL_HEIGHT
    if any(way.start == _ANY for way in ways):
        sizes[_ANY] = _width("any step"), _SMALL_HEIGHT
    page = in_page or InPage()
    layout, paths, labels = _arrange(ways, sizes, page.ways)
    drawn = list(paths)
    for name, step in flow.steps.items():
        box = _draw_box(layout.centres[name], sizes[name], texts[name], step, name in page.steps)
        link = page.links.get(name)
        drawn += [f'<a href="{escape(link)}">', *box, "</a>"] if link else box
    for name, text in ((FLOW_START, "start"), (_ANY, "any step")):
        if name in sizes:
            drawn += _draw_small(layout.centres[name], sizes[name], text)
    drawn += map(_draw_label, labels)
    left = min([0.0, *(label.at[0] - label.width / 2 for label in labels)]) - _MARGIN
    right = max([layout.width, *(label.at[0] + label.width / 2 for label in labels)]) + _MARGIN
    height = layout.height + 2 * _MARGIN
    return _FILE.format(
        left=f"{left:.0f}",
        top=f"{-_MARGIN:.0f}",
        width=f"{right - left:.0f}",
        height=f"{height:.0f}",
        style=f"<style>{_STYLE}</style>" if in_page is None else "",
        kind="" if in_page is None else ' class="flow"',
        drawn="\n".join(drawn),
    )


def _arrange(
    ways: list[Way], sizes: dict[str, Point], taken: Container[tuple[str, str]]
) -> tuple[Layout, list[str], list[_Label]]:
    """Lay everything out, with more room between the layers until each label is on its edge."""
    edges = [(way.start, way.end) for way in ways]
    for gap_y in _GAPS:
        layout = lay_out(sizes, edges, first=[FLOW_START], gap_y=gap_y)
        boxes = [Area(layout.centres[name], *size) for name, size in sizes.items()]
        labels: list[_Label] = []
        paths = [_draw_way(way, ways, layout, sizes, labels, taken) for way in ways]
        centres, all_fit = place_labels([(each.curve, each.width) for each in labels], boxes)
        if all_fit:
            break
    placed = [replace(each, at=at) for each, at in zip(labels, centres, strict=True)]
    return layout, paths, placed


_GAPS = (GAP_Y, 90.0, 120.0, 160.0, 220.0)


def _gather(flow: Flow, ways: list[Way]) -> list[Way]:
    """Add the start and the commands; draw exits that many steps share once."""
    exits = Counter((way.end, way.label) for way in ways if way.is_exit)
    common = {exit_ for exit_, count in exits.items() if count >= _COMMON}
    kept = [way for way in ways if not (way.is_exit and (way.end, way.label) in common)]
    from_any: dict[str, list[str]] = {}
    for end, label in sorted(common):
        from_any.setdefault(end, []).append(label)
    for name, command in flow.commands.items():
        if command.go:
            key = f" / {command.key}" if command.key else ""
            from_any.setdefault(str(command.go), []).append(f"{name}{key}")
    anywhere = [Way(_ANY, end, ", ".join(labels), True) for end, labels in from_any.items()]
    merged: dict[tuple[str, str], Way] = {}
    for way in [Way(FLOW_START, str(flow.start), "", False), *kept, *anywhere]:
        other = merged.get((way.start, way.end))
        if other is None:
            merged[way.start, way.end] = way
        else:
            label = ", ".join(filter(None, [other.label, way.label]))
            is_exit = way.is_exit and other.is_exit
            merged[way.start, way.end] = replace(other, label=label, is_exit=is_exit)
    return list(merged.values())


def _second_line(step: StepSpec) -> str:
    """Return a step's verb and the beginning of its prompt, if any."""
    prompt = getattr(step, "prompt", None)
    said = next((part.text for _, part in prompt.all_parts() if part.text), "") if prompt else ""
    where = next((str(v) for v in (getattr(step, k, None) for k in _DETAILS) if v), "")
    text = f"{verb_of(step)} {where}".rstrip()
    return _shorten(f"{text}: {said}" if said else text)


_DETAILS = ("queue", "extension", "sip", "mailbox", "flow", "function", "hours")


def _shorten(text: str) -> str:
    line, room = "", float(_MOST_LETTERS)
    for char in " ".join(text.split()):
        room -= 1.8 if char > "⺀" else 1
        if room < 0:
            return f"{line}…"
        line += char
    return line


def _width(text: str) -> float:
    letters = sum(_WIDE_LETTER if char > "⺀" else _LETTER for char in text)
    return letters + 2 * _PADDING


def _draw_box(
    centre: Point, size: Point, lines: tuple[str, str], step: StepSpec, is_taken: bool
) -> list[str]:
    x, y = centre
    fill = _END_FILL if step.ends else _FILLS.get(verb_of(step), _FILL)
    kind = f"box {_KINDS.get(fill, 'other')}{' taken' if is_taken else ''}"
    return [
        _rect(centre, size, fill, round_px=size[1] / 2 if step.ends else 6, kind=kind),
        f'<text x="{x:.1f}" y="{y - 4:.1f}" font-weight="bold">{escape(lines[0])}</text>',
        f'<text x="{x:.1f}" y="{y + 13:.1f}" class="verb">{escape(lines[1])}</text>',
    ]


def _draw_small(centre: Point, size: Point, text: str) -> list[str]:
    x, y = centre
    return [
        _rect(centre, size, "#fff", round_px=size[1] / 2),
        f'<text x="{x:.1f}" y="{y + 4:.1f}" class="verb">{text}</text>',
    ]


def _rect(centre: Point, size: Point, fill: str, *, round_px: float, kind: str = "box") -> str:
    (x, y), (width, height) = centre, size
    place = f'x="{x - width / 2:.1f}" y="{y - height / 2:.1f}"'
    extent = f'width="{width:.1f}" height="{height:.1f}" rx="{round_px:.0f}"'
    return f'<rect class="{kind}" {place} {extent} fill="{fill}"/>'


def _draw_way(
    way: Way,
    ways: list[Way],
    layout: Layout,
    sizes: dict[str, Point],
    labels: list[_Label],
    taken: Container[tuple[str, str]],
) -> str:
    """Return the curve of an edge; add its label, which is drawn last."""
    if way.start == way.end:
        return _draw_loop(way, layout.centres[way.start], sizes[way.start], labels, taken)
    points = [layout.centres[way.start], *layout.bends[way.start, way.end], layout.centres[way.end]]
    down = points[0][1] < points[-1][1]
    start = _port(way, ways, layout, sizes, down=down, leaves=True)
    end = _port(way, ways, layout, sizes, down=down, leaves=False)
    points = [start, *points[1:-1], end]
    path = f"M{start[0]:.1f} {start[1]:.1f}"
    for (x, y), (to_x, to_y) in zip(points, points[1:], strict=False):
        half = (to_y - y) / 2
        path += f"C{x:.1f} {y + half:.1f} {to_x:.1f} {to_y - half:.1f} {to_x:.1f} {to_y:.1f}"
    if way.label:
        labels.append(_Label(way, points))
    kind = _kind(way, taken)
    return f'<path class="{kind}" d="{path}" marker-end="url(#arrow)"/>'


def _kind(way: Way, taken: Container[tuple[str, str]]) -> str:
    """Return the classes of an edge."""
    kind = "way exit" if way.is_exit else "way"
    return f"{kind} taken" if (way.start, way.end) in taken else kind


def _draw_loop(
    way: Way,
    centre: Point,
    size: Point,
    labels: list[_Label],
    taken: Container[tuple[str, str]],
) -> str:
    x, y = centre[0] + size[0] / 2, centre[1]
    labels.append(_Label(way, [(x + 26, y - 16)]))
    kind = _kind(way, taken)
    return (
        f'<path class="{kind}" d="M{x:.1f} {y - 8:.1f}C{x + 26:.1f} {y - 14:.1f} {x + 26:.1f} '
        f'{y + 14:.1f} {x:.1f} {y + 8:.1f}" marker-end="url(#arrow)"/>'
    )


def _port(
    way: Way, ways: list[Way], layout: Layout, sizes: dict[str, Point], *, down: bool, leaves: bool
) -> Point:
    """Return where an edge meets a box; the edges of a side are spread from left to right."""
    node = way.start if leaves else way.end
    (x, y), (width, height) = layout.centres[node], sizes[node]
    below = down is leaves
    beside: list[tuple[float, Way]] = []
    for other in ways:
        if other.start == other.end or node not in (other.start, other.end):
            continue
        bends = layout.bends[other.start, other.end]
        goes_down = layout.centres[other.start][1] < layout.centres[other.end][1]
        if (other.start == node) is (goes_down is below):
            far = other.end if other.start == node else other.start
            near = (bends[0] if other.start == node else bends[-1]) if bends else None
            beside.append(((near or layout.centres[far])[0], other))
    beside.sort(key=lambda item: item[0])
    place = next(number for number, (_, other) in enumerate(beside) if other is way)
    share = (place + 1) / (len(beside) + 1)
    return x - width / 2 + width * share, y + (height / 2 if below else -height / 2)


def _draw_label(label: _Label) -> str:
    (x, y), way = label.at, label.way
    kind = "label exit-label" if way.is_exit else "label"
    back = _rect(label.at, (label.width, LABEL_HEIGHT), "#fff", round_px=3, kind="back")
    return f'{back}<text x="{x:.1f}" y="{y + 4:.1f}" class="{kind}">{escape(way.label)}</text>'
