"""The tables that people write by hand have every step, key, type of slot and event."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from ivr_agi.flow.file.slots import Kind
from ivr_agi.flow.steps import AnyStep
from tests.house.code import ROOT

FLOWS = (ROOT / "docs/flows.md").read_text(encoding="utf-8")
JOURNAL = (ROOT / "docs/journal.md").read_text(encoding="utf-8")
STEPS: tuple[type[msgspec.Struct], ...] = get_args(AnyStep)
WRITERS = {"Note", "note", "record", "_record"}
"""What writes an event into the journal; its first argument is the name."""
ROOMS = ("agi", "dialogue", "flow", "journal", "serve", "sis", "store")
"""The rooms that do."""


def verb(step: type[msgspec.Struct]) -> Any:
    """What ``do`` says."""
    return step.__struct_config__.tag


def first_cells(page: str, heading: str) -> set[str]:
    """The words in back-ticks in the first column of the table with this heading."""
    table = page.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    return {word for cell in cells for word in re.findall(r"`(\w+)`", cell)}


def constants(tree: ast.AST) -> Iterator[str]:
    """The strings in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def recorded(file: Path) -> Iterator[str]:
    """The events that a module records under a name that stands there."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in WRITERS:
                yield from constants(node.args[0])


def test_steps() -> None:
    """``docs/flows.md`` has a row for each verb."""
    assert first_cells(FLOWS, "`do`") == {verb(step) for step in STEPS}


@pytest.mark.parametrize("step", STEPS, ids=verb)
def test_keys_of_a_step(step: type[msgspec.Struct]) -> None:
    """Each is on the page."""
    keys = step.__struct_encode_fields__
    assert [key for key in keys if not re.search(rf"`{key}[`:]", FLOWS)] == []


def test_slots() -> None:
    """There is a row for each type."""
    assert first_cells(FLOWS, "`type`") == {kind.value for kind in Kind}


def test_events() -> None:
    """``docs/journal.md`` has a row for each, and none that nothing records."""
    rows = first_cells(JOURNAL, "event")
    package = ROOT / "ivr_agi"
    files = [file for room in ROOMS for file in sorted((package / room).rglob("*.py"))]
    assert {name for file in files for name in recorded(file)} - rows == set()
    everywhere = {
        text for file in files for text in constants(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert rows - everywhere == set()
