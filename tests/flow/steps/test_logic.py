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


NAMED = """\
start: a
variables: {next: sales}
steps:
  a: {do: goto, to: "{{ next }}", allowed: [sales, support], else: none}
  sales: {do: hangup, result: sales}
  support: {do: hangup, result: support}
  none: {do: hangup, result: none}
  other: {do: hangup, result: other}
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [("sales", "sales"), (" support ", "support"), ("other", "none"), ("", "none"), ("a", "none")],
)
async def test_a_variable_names_a_step(name: str, expected: str) -> None:
    """One of the list, and nothing else, even if there is such a step."""
    result, _ = await converse(NAMED, next=name)
    assert result.result == expected


async def test_a_variable_that_names_nothing() -> None:
    """Without else it ends the call; the name, which may be a caller's, is not told."""
    with pytest.raises(FlowError, match=r"names nothing of allowed \(else: where to go then\)"):
        await converse(NAMED.replace(", else: none", ""), next="other")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('to: "{{ next }}", ', "", "it needs go, a step, or to"),
        ('to: "{{ next }}"', 'to: "{{ next }}", go: sales', "it needs go, a step, or to"),
        ('to: "{{ next }}"', "to: sales", "steps.a.to: to is a variable"),
        ('to: "{{ next }}"', 'to: "{{ next"', "steps.a.to: template: "),
        ('to: "{{ next }}"', "to: 5", "expected a text, got a whole number"),
        ('to: "{{ next }}"', "go: sales", "steps.a: allowed and else belong to a variable"),
        ("allowed: [sales, support], ", "", "steps.a.allowed: a variable needs allowed"),
        ("[sales, support]", "[sales, suport]", "steps.a.allowed.1: there is no step 'suport'"),
        ("else: none", "else: nowhere", "steps.a.else: there is no step 'nowhere'"),
    ],
)
def test_mistakes_in_names(old: str, new: str, expected: str) -> None:
    """Told when the flow is checked, with their place."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(NAMED.replace(old, new, 1))
