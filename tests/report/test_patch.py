"""Words that callers said go into the flow file; nothing else of it changes."""

from __future__ import annotations

import difflib
from collections import Counter
from pathlib import Path

import pytest

from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.report.patch import add_words, conversation_tests
from ivr_agi.report.unmatched import UnmatchedGroup

FLOW = """\
# A flow.
start: hello
languages: [en, zh]
defaults: {no_input: {go: bye}, no_match: {go: bye}}
steps:
  hello: {do: say, prompt: Hello., go: menu}
  menu:
    do: menu          # the first question
    prompt: Sales or bills?
    choices:
      - {words: [sales, buy], key: "1", go: sub}   # inline
      - words:
          - bill
          - invoice   # block
        go: bye
      - {words: {en: [agent], zh: [人工]}, go: bye}
      - {key: "9", value: keys, go: bye}
  sub:
    do: menu
    prompt: Which?
    choices:
      - {words: [red,], go: bye}
  number: {do: ask, prompt: A number., slot: {type: digits}, save: n, go: after}
  after:
    do: menu
    prompt: And?
    choices: [{words: [end], go: bye}]
  bye: {do: hangup}
"""


def group(step: str, text: str, meant: str) -> UnmatchedGroup:
    """Words that were not understood."""
    return UnmatchedGroup("flow", step, text, 3, Counter(), Counter({meant: 2} if meant else {}))


@pytest.mark.parametrize(
    ("step", "text", "meant", "line"),
    [
        (
            "menu",
            "purchase",
            "sales",
            '      - {words: [sales, buy, "purchase"], key: "1", go: sub}   # inline',
        ),
        ("menu", "my bill: now", "bill", '          - "my bill: now"'),
        ("menu", "a person", "agent", '{en: [agent, "a person"], zh: [人工]}'),
        ("menu", "转人工", "agent", '{en: [agent], zh: [人工, "转人工"]}'),
        ("sub", "the red one", "red", '{words: [red, "the red one"], go: bye}'),
    ],
)
def test_words_are_added(step: str, text: str, meant: str, line: str) -> None:
    """In the style of the list; one line changes or comes in, comments stay."""
    patched, (added,) = add_words(FLOW, [group(step, text, meant)], name="x")
    assert (added.step, added.choice, added.words) == (step, meant, text)
    assert line in patched
    changes = [
        each
        for each in difflib.ndiff(FLOW.splitlines(), patched.splitlines())
        if each.startswith(("+", "-"))
    ]
    assert len(changes) <= 2
    parse_flow(patched, "x")


@pytest.mark.parametrize(
    ("step", "text", "meant"),
    [
        ("menu", "something", ""),
        ("menu", "something", "200"),
        ("menu", "invoice", "sales"),  # another choice has it
        ("menu", "nine", "keys"),  # it takes keys only
        ("number", "five", "x"),
        ("gone", "x", "y"),
    ],
)
def test_words_that_are_not(step: str, text: str, meant: str) -> None:
    """The file stays as it is."""
    assert add_words(FLOW, [group(step, text, meant)], name="x") == (FLOW, [])


def test_tests_of_them(tmp_path: Path) -> None:
    """They run, and say where no test can be."""
    from ivr_agi.rehearsal.conversations import load_suite, run_tests

    groups = [
        group("menu", "purchase", "sales"),
        group("sub", "the red one", "red"),
        group("after", "stop", "end"),
    ]
    patched, added = add_words(FLOW, groups, name="x")
    (tmp_path / "flow.yaml").write_text(patched)
    text = conversation_tests("flow.yaml", added)
    assert "# No test of 'stop': a caller does not come to after by menus alone." in text
    (tmp_path / "tests.yaml").write_text(text)
    verdicts = run_tests(load_suite(tmp_path / "tests.yaml")).verdicts
    assert [verdict.problem for verdict in verdicts] == ["", ""]
