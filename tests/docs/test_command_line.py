"""``docs/command-line.md`` says what the command line does."""

from __future__ import annotations

import re

import pytest

from ivr_agi import errors
from ivr_agi.cli import COMMANDS, main
from ivr_agi.cli.common import ExitCode
from tests.house.code import ROOT

PAGE = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The cells of the table with this heading."""
    rows = PAGE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What --help says."""
    with pytest.raises(SystemExit):
        main([*argv, "--help"])
    return capsys.readouterr().out


def listed(text: str) -> list[str]:
    """The commands or actions that a help page lists."""
    return re.findall(r"^    ([a-z][a-z-]*)(?: |$)", text, re.MULTILINE)


def test_exit_codes() -> None:
    """One table, and what the code says of each."""
    source = (ROOT / "ivr_agi/cli/common.py").read_text(encoding="utf-8")
    said = dict(re.findall(r'^    [A-Z]+ = (\d+)\n    """(.*)"""$', source, re.MULTILINE))
    assert dict(re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE)) == said
    assert {int(code) for code in said} == set(ExitCode)


def test_errors_have_one_of_the_codes() -> None:
    """Whatever is raised."""
    kinds = [getattr(errors, name) for name in errors.__all__]
    codes = {kind.exit_code for kind in kinds if hasattr(kind, "exit_code")}
    assert codes <= set(ExitCode)


def test_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """Each, with its actions, and which print JSON."""
    documented = {
        name: json_
        for cells in table("command")
        for name, json_ in ((name, cells[2]) for name in re.findall(r"`([a-z -]+)`", cells[0]))
    }
    real = {}
    for command in (name.replace("_", "-") for name in COMMANDS):
        page = usage([command], capsys)
        has_actions = re.search(r"^usage: .* (ACTION|BENCHMARK) \.\.\.", page) is not None
        for words in [[command, each] for each in listed(page)] if has_actions else [[command]]:
            real[" ".join(words)] = "--json" in usage(words, capsys)
    assert documented.keys() == real.keys()
    assert {name for name, prints in real.items() if prints} == {
        name for name, told in documented.items() if told in {"yes", "`--json FILE`"}
    }
