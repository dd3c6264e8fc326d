"""The flows, parts of flows, settings and scripts that the documents show are right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr_agi.flow.load.loader import load_yaml_as, parse_flow
from ivr_agi.rehearsal.spec import Suite
from ivr_agi.settings import load_settings
from ivr_agi.speech_server.scripted import load_server_script
from tests.docs.blocks import PAGES, Block, blocks
from tests.house.code import ROOT

ALL = [block for page in PAGES for block in blocks(page)]
OTHER_TOML = {"access_key": "tests/serve/test_wiring.py", "project": "docs/samples/ivr-brands"}
"""First keys of TOML that is no settings file of ours, and what tests read such a file."""
NOT_OURS = {"docs/reference/sis-protocol.md", "docs/reference/style.md"}
"""Facts about others, and rules: their blocks are forms, and no files."""
HEAD = """\
start: first
languages: [en, zh]
variables: {balance: 1, debt: 1, branches: [], item: {}, choice: x, said: "", next: ""}
hours: {any: {timezone: UTC, weekly: {mon-fri: ["09:00-17:00"]}}}
"""
TARGETS = ("go", "error", "open", "closed", "else", "busy", "no_answer", "failed", "after")
KINDS = {"shell", "flow", "settings", "dialplan", "python", "text", "{toctree}", "{eval-rst}"}


def of_kind(kind: str) -> list[Block]:
    """All blocks of a kind, but those of pages that show no files of ours."""
    return [
        block
        for block in ALL
        if block.kind == kind and str(block.page.relative_to(ROOT)) not in NOT_OURS
    ]


def place(block: Block) -> str:
    """The id of a test."""
    return block.place


def targets(value: Any) -> Iterator[str]:
    """Names of steps that a part of a flow leads to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in TARGETS and isinstance(inner, str):
                yield inner
            elif key == "allowed":
                yield from filter(str.isidentifier, inner)  # others are extensions
            yield from targets(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from targets(inner)


def steps_of(data: dict[str, Any]) -> dict[str, Any]:
    """Steps around a part of a flow: steps, the choices of a menu, or a prompt."""
    if all(isinstance(value, dict) and "do" in value for value in data.values()):
        steps = dict(data)
    elif "choices" in data:
        rest = {"no_input": {"go": "end"}, "no_match": {"go": "end"}}
        steps = {"first": {"do": "menu", "prompt": "Which?", **data, **rest}}
    else:
        steps = {"first": {"do": "say", **data, "go": "end"}}
    named = {name: {"do": "hangup"} for name in targets(steps) if name not in steps}
    return {"first": {"do": "say", "prompt": "x", "go": next(iter(steps))}, **steps, **named}


def parts(text: str) -> Iterator[dict[str, Any]]:
    """The mappings of a block: one, or alternatives, where a key comes again."""
    lines: list[str] = []
    for line in text.splitlines():
        key = line.partition(":")[0]
        if line[:1].isalpha() and any(each.startswith(f"{key}:") for each in lines):
            yield yaml.safe_load("\n".join(lines))
            lines = []
        lines.append(line)
    yield yaml.safe_load("\n".join(lines))


@pytest.mark.parametrize("block", of_kind("flow"), ids=place)
def test_flows(block: Block, tmp_path: Path) -> None:
    """A flow as it is; a part of one in a flow around it; tests and scripts by what reads them."""
    file = tmp_path / "shown.yaml"
    file.write_text(block.text, encoding="utf-8")
    first = yaml.safe_load(block.text.replace("...", "'...'"))
    if isinstance(first, list):
        assert load_server_script(file)
    elif "tests" in first:
        load_yaml_as(file, Suite)
    elif "steps" in first:
        assert parse_flow(block.text).steps
    else:
        for part in parts(block.text):
            whole = yaml.safe_load(HEAD)
            if set(part) & {"commands", "hours", "weights"}:
                whole |= {**part, "steps": steps_of({"prompt": "x"})}
                whole["steps"] |= {name: {"do": "hangup"} for name in targets(part)}
            else:
                whole["steps"] = steps_of(part)
            assert parse_flow(yaml.safe_dump(whole, allow_unicode=True)).steps


@pytest.mark.parametrize("block", of_kind("settings"), ids=place)
def test_settings(block: Block, tmp_path: Path) -> None:
    """What the settings file may have; other files by their tests."""
    if (first := next(iter(tomllib.loads(block.text)))) in OTHER_TOML:
        assert (ROOT / OTHER_TOML[first]).exists()
        return
    file = tmp_path / "ivr-agi.toml"
    file.write_text(block.text, encoding="utf-8")
    assert load_settings(file).file == str(file)


@pytest.mark.parametrize("block", of_kind("dialplan"), ids=place)
def test_dialplans(block: Block) -> None:
    """Each line is one of an extension, and ``EAGI()`` gets a launcher and what it takes."""
    for line in block.text.splitlines():
        app = re.fullmatch(
            r"(?:same => n|exten => \d+,1),(\w+)\((.+)\)", line.partition(" ;")[0].strip()
        )
        assert app, line
        assert app[1] == "Goto" or re.fullmatch(r"ivr-\w+,([\w-]+|--script,/[\w./-]+)", app[2]), (
            line
        )


def test_every_block_has_a_kind() -> None:
    """A fence has one of these languages; what is python is run by its page's own test."""
    assert {block.kind for block in ALL} <= KINDS
    assert {block.page.name for block in of_kind("python")} == {"python.md"}
