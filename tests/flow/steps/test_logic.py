"""Variables, conditions, ways."""

from __future__ import annotations

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.results import Status
from tests.flow.conversation import converse

FLOW = """\
start: a
variables: {tries: 0, city: Kiel}
steps:
  a: {do: set, values: {tries: "{{ tries + 1 }}", text: "{{ city }} {{ caller.number }}"}, go: b}
  b: {do: if, when: tries < 3, go: a, else: c}
  c:
    do: if
    cases:
      - {when: city == "Bonn", go: bonn}
      - {when: tries == 3 and unknown is not defined, go: kiel}
    else: bonn
  kiel: {do: goto, go: end}
  bonn: {do: hangup, prompt: wrong}
  end: {do: hangup, prompt: "{{ text }} {{ tries }}"}
"""


async def test_variables_and_conditions() -> None:
    """Numbers stay numbers; the first condition that holds is taken."""
    result, caller = await converse(FLOW)
    assert result.status is Status.COMPLETED
    assert caller.said == ["Kiel 123 3"]


async def test_a_variable_without_a_value_is_told() -> None:
    """A prompt never says "undefined"."""
    with pytest.raises(FlowError, match="'nothing' is undefined"):
        await converse("start: a\nsteps: {a: {do: hangup, prompt: '{{ nothing }}'}}")


async def test_the_language_changes() -> None:
    """The first language is the call's at the start; prompts and recogniser follow."""
    flow = """\
start: a
languages: [en, zh]
steps:
  a: {do: say, prompt: {en: Hello, zh: 你好}, go: b}
  b: {do: set, language: zh, go: c}
  c: {do: hangup, prompt: {en: Bye, zh: 再见}}
"""
    _, caller = await converse(flow)
    assert caller.said == ["Hello", "再见"]
    assert caller.languages == ["en", "zh"]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{do: if, else: a}", "it needs when and go, or cases"),
        ("{do: if, when: x, else: a}", "when and go belong together"),
        ("{do: if, when: x ==, go: a, else: a}", "template: "),
        ("{do: set, values: {a b: 1}, go: a}", "expected a name"),
    ],
)
def test_mistakes(step: str, expected: str) -> None:
    """Told when the flow is checked."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(f"start: a\nsteps: {{a: {step}}}")
