"""Where steps lead."""

from __future__ import annotations

from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.tools.ways import Way, find_ways, ways_out

FLOW = """\
start: m
defaults: {no_input: {go: agent}, no_match: {go: agent}}
commands: {operator: {go: agent}}
limits: {go: bye}
steps:
  m:
    do: menu
    prompt: x
    choices:
      - {words: [sales], key: "1", go: s}
      - {words: [more], go: s}
    no_match: {go: m}
  s: {do: say, prompt: x, go: bye}
  agent: {do: transfer, extension: "1"}
  bye: {do: hangup}
"""


def test_ways_of_a_step() -> None:
    """Those of the defaults, the limits and the commands are the step's, too."""
    flow = parse_flow(FLOW)
    ways = {
        "choices.0.go": "s",
        "choices.1.go": "s",
        "no_input.go": "agent",
        "no_match.go": "m",
        "limits.go": "bye",
    }
    assert ways_out(flow, flow.steps["m"], commands=False) == ways
    assert ways_out(flow, flow.steps["m"]) == ways | {"commands.operator.go": "agent"}
    assert ways_out(flow, flow.steps["bye"]) == {}


def test_ways_between_the_same_steps_are_one() -> None:
    """With what leads there; an exit is told from an answer."""
    assert set(find_ways(parse_flow(FLOW))) == {
        Way("m", "s", "sales / 1, more", False),
        Way("m", "m", "no match", True),
        Way("m", "agent", "silence", True),
        Way("m", "bye", "limit", True),
        Way("s", "bye", "", False),
    }
