"""The diagram of a flow."""

from __future__ import annotations

from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.tools.draw.mermaid import draw_mermaid

FLOW = """\
start: a
commands: {operator: {key: "0", go: end}}
steps:
  a: {do: menu, prompt: a, choices: [{words: ['say "x"'], key: "1", go: b}, {key: "2", go: end}],
      no_input: {go: end}, no_match: {go: end}}
  b: {do: if, when: x < 3, go: a, else: end}
  end: {do: hangup}
"""


def test_mermaid() -> None:
    """Boxes, diamonds, ends; every way with what leads there."""
    assert draw_mermaid(parse_flow(FLOW)).splitlines() == [
        "flowchart TD",
        "    START((start)) --> s_a",
        '    s_a["a: menu"]',
        '    s_a -.->|"silence, no match"| s_end',
        '    s_a -->|"say &quot;x&quot; / 1"| s_b',
        '    s_a -->|"2"| s_end',
        '    s_b{"b: if"}',
        '    s_b -->|"x &lt; 3"| s_a',
        '    s_b -->|"else"| s_end',
        '    s_end(["end: hangup"])',
        '    ANY((any step)) -.->|"operator"| s_end',
    ]
