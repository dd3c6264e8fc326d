"""Billed characters."""

from __future__ import annotations

from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.tools.cost import Cost, estimate_cost

FLOW = """\
start: a
defaults: {no_input: {prompts: [你好]}}
steps:
  a: {do: say, prompt: [%s, {recording: x, text: not counted}, 你好], go: b}
  b: {do: hangup, prompt: "{{ c }}"}
"""


def test_cost() -> None:
    """Each text once, each rounded up; recordings are free, texts with variables told apart."""
    cost = estimate_cost(parse_flow(FLOW % ("x" * 101)))
    assert cost == Cost(texts=2, characters=103, calls={"ordinary": 3, "premium": 4}, changing=1)
