"""The picture of a flow."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from ivr_agi.flow.load.loader import load_flow, parse_flow
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


@pytest.mark.parametrize("name", ["after_hours", "bank_zh", "clinic_en", "main_menu", "reminder"])
def test_samples(name: str) -> None:
    """Every step is there; an exit that many steps share is drawn once."""
    flow = load_flow(SAMPLES / f"{name}.yaml")
    svg = draw_svg(flow)
    assert set(flow.steps) <= set(texts(svg))
    assert svg.count("<path class=") < 3 * len(flow.steps)
