"""The picture of a flow."""

from __future__ import annotations

import itertools
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ivr_agi.flow.load.loader import load_flow, parse_flow
from ivr_agi.flow.tools.draw.labels import Area
from ivr_agi.flow.tools.draw.svg import draw_svg

SAMPLES = Path(__file__).parents[4] / "config/flows"
FLOW = """\
start: a
commands: {operator: {key: "0", go: end}}
steps:
  a: {do: menu, prompt: '5 < 6 & "x"', choices: [{words: [again], key: "1", go: a}, {key: "2", go: b}],
      no_input: {go: b}, no_match: {go: end}}
  b: {do: if, when: x < 3, go: a, else: end}
  end: {do: transfer, queue: help}
"""


def texts(svg: str) -> list[str]:
    """All that is written in a picture, which must be XML."""
    return [
        node.text or "" for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")
    ]


def test_what_is_drawn() -> None:
    """Steps with what they do and say, ways with what leads there, start and commands."""
    svg = draw_svg(parse_flow(FLOW))
    written = texts(svg)
    assert {"start", "a", "b", "end", "transfer help", 'menu: 5 < 6 & "x"'} <= set(written)
    assert {"again / 1", "x < 3", "silence, 2", "any step", "operator / 0"} <= set(written)
    assert svg.count('class="way exit"') == 2  # no match; operator
    assert svg.count("<path class=") == 7


@pytest.mark.parametrize(
    "name", ["after_hours", "bank_zh", "clinic_en", "main_menu", "reminder", "renewal"]
)
def test_samples(name: str) -> None:
    """Every step is there; an exit that many steps share is drawn once."""
    flow = load_flow(SAMPLES / f"{name}.yaml")
    svg = draw_svg(flow)
    assert set(flow.steps) <= set(texts(svg))
    assert svg.count("<path class=") < 3 * len(flow.steps)


@pytest.mark.parametrize("n_steps", [21, 60])
def test_labels_do_not_cover_each_other(n_steps: int) -> None:
    """O17: a menu of many choices, with ways across, back and to itself."""
    menus = [
        f"  m{n}: {{do: menu, prompt: Question number {n}, choices: [{{words: [the next question "
        f"please], key: '1', go: m{(n + 1) % n_steps}}}, {{words: [skip some], key: '2', go: "
        f"m{(n * 7 + 3) % n_steps}}}, {{words: [say it again], key: '3', go: m{n}}}, "
        f"{{words: [leave], key: '4', go: end}}], no_input: {{go: m{n // 2}}}, "
        "no_match: {go: end}}\n"
        for n in range(n_steps)
    ]
    flow = parse_flow(f"start: m0\nsteps:\n{''.join(menus)}  end: {{do: hangup}}\n")
    areas = [
        Area((x + width / 2, y + height / 2), width, height)
        for x, y, width, height in _rectangles(draw_svg(flow))
    ]
    assert len(areas) > 3 * n_steps
    assert not [(a, b) for a, b in itertools.combinations(areas, 2) if a.touches(b)]


def _rectangles(svg: str) -> list[tuple[float, float, float, float]]:
    """Boxes of steps and labels."""
    return [
        (float(each["x"]), float(each["y"]), float(each["width"]), float(each["height"]))
        for each in (node.attrib for node in ElementTree.fromstring(svg).iter())
        if each.get("class") in {"box", "back"}
    ]
