"""A newcomer writes the README's menu, and makes every mistake on the way."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from ivr_agi.cli import main
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.wording import in_plain_words, yaml_in_plain_words

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
FLOW = textwrap.dedent(re.findall(r"\n\n((?:    .*\n)+)", README.partition("own flow")[2])[0])
"""The flow that the README shows."""

MISTAKES = [
    # wrong indent
    ("    prompt:", "   prompt:", "5:4: no YAML: wrong indent"),
    ("    choices:", "     choices:", "6:13: no YAML: wrong indent here or above"),
    ("      - {words: [support", "     - {words: [support", "8:6: no YAML: wrong indent"),
    ("  sales:", "   sales:", "11:4: no YAML: wrong indent"),
    ("    prompt:", "\tprompt:", "5:1: no YAML: a tab: indent with spaces"),
    # unknown key
    ("prompt: Hello", "promt: Hello", "5:5: steps.menu.promt: unknown key 'promt'; did you mean 'prompt'?"),
    ("no_input", "silence", "9:5: steps.menu.silence: unknown key 'silence'; there are do,"),
    ("start:", "begin:", "1:1: begin: unknown key 'begin'; there are start, steps, languages"),
    ('key: "1"', 'button: "1"', "7:41: steps.menu.choices.0.button: unknown key 'button'; there are go, words, key"),
    ("do: menu", "do: menue", "4:5: steps.menu.do: invalid value 'menue'; did you mean 'menu'? there are ask,"),
    # missing step or key
    ("go: support}", "go: suport}", "8:44: steps.menu.choices.1.go: there is no step 'suport'; did you mean 'support'?"),
    ("start: menu", "start: hello", "1:1: start: there is no step 'hello'; there are menu, sales, support"),
    ("    do: menu\n", "", "3:3: steps.menu: the key 'do' is missing: one of ask, call"),
    ("    no_match: {go: sales, after: 3}", "", "3:3: steps.menu.no_match: no_match needs go"),
    # bad type
    ('key: "1"', "key: 1", '7:41: steps.menu.choices.0.key: expected a text, got a whole number: put it in quotes'),
    ('key: "1"', 'key: "one"', '7:41: steps.menu.choices.0.key: expected a key ("0" to "9"'),
    ("[support, help]", "support", "8:10: steps.menu.choices.1.words: expected keys with values (key: value) or a list"),
    ("after: 2", "after: twice", "9:27: steps.menu.no_input.after: expected a whole number, got a text"),
    ("{go: sales, after: 2}", "sales", "9:5: steps.menu.no_input: expected keys with values (key: value), got a text"),
    ('extension: "201"', "extension: 201", "12:27: steps.support.extension: expected a text, got a whole number"),
    ("do: menu", "do: Menu", "4:5: steps.menu.do: invalid value 'Menu'; did you mean 'menu'?"),
    ("do: menu", "do: [menu]", "4:5: steps.menu.do: expected a text, got a list ([a, b])"),
    ("do: menu", "do:", "4:5: steps.menu.do: expected a text, got nothing"),
    # YAML's own traps
    ("after: 2", "after: 2026-02-30", "9:34: '2026-02-30' is no date; a text needs quotes"),
    ("after: 2", "after: !!int two", "9:34: 'two' is no whole number; a text needs quotes"),
    ("after: 2", f"after: {'9' * 5000}", f"9:34: '{'9' * 40}' is no whole number; a text needs quotes"),
    ("Hello.", "Hello. {{ " + "(" * 10_000, "5:5: steps.menu.prompt: template: nested too deeply"),
    ("[support, help]", "[support, Help?]", "8:"),
    ("Hello. Say", "Hello: say", "5:18: no YAML: wrong indent here or above, or a text with ': ' in it"),
    ("go: support}", "go: support", "9:"),
    ("  support:", "  sales:", "12:3: the key 'sales' is there twice"),
]  # fmt: skip


def test_the_readme_is_right() -> None:
    """What it shows runs as it is."""
    assert list(parse_flow(FLOW).steps) == ["menu", "sales", "support"]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES)
def test_a_mistake_gets_one_line(
    old: str, new: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, line and column, what is wrong, and what is allowed; exit code 2."""
    assert old in FLOW
    file = tmp_path / "menu.yaml"
    file.write_text(FLOW.replace(old, new, 1))
    assert main(["flow", "check", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"ivr-agi: {file}:{expected}"), line
    assert "`" not in line


def test_every_file_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong one does not hide those after it."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(FLOW)
    bad.write_text("start: a")
    assert main(["flow", "check", str(bad), str(good), str(bad)]) == 2
    told = capsys.readouterr()
    assert len(told.err.splitlines()) == 2
    assert "good.yaml: 3 steps, no errors" in told.out


def test_plain_words() -> None:
    """What has no words of its own is told as it is."""
    assert in_plain_words("Expected `float` <= 120.0") == "expected a number <= 120.0"
    assert in_plain_words("Invalid enum value 'x'") == "invalid enum value 'x'"
    assert (
        in_plain_words("Expected `str` matching regex '^x$'") == "expected a text that matches ^x$"
    )
    assert yaml_in_plain_words("something new") == "no YAML: something new"
