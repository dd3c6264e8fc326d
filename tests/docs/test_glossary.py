"""The types that the glossary names are there, and no word has two meanings."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
LINES = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| ")]
ROWS = [
    (cells[0].strip(), cells[3])
    for cells in LINES
    if len(cells) == 4 and cells[0].strip() != "word"
]
TYPES = sorted({name for _, cell in ROWS for name in re.findall(r"`([\w.]+)`", cell)})


@pytest.mark.parametrize("name", TYPES)
def test_types(name: str) -> None:
    """A module below ``ivr_agi``, or a public name in one."""
    module, _, last = f"ivr_agi.{name}".rpartition(".")
    if importlib.util.find_spec(module) and last in getattr(
        importlib.import_module(module), "__all__", ()
    ):
        return
    assert importlib.util.find_spec(f"{module}.{last}") is not None


def test_each_word_stands_once() -> None:
    """One word, one meaning."""
    words = [word for word, _ in ROWS]
    assert len(words) > 60
    assert sorted(words) == sorted(set(words))
