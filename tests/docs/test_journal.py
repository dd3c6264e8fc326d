"""The page and the JSON Schema of the journal are those that its tables make."""

from __future__ import annotations

from tests.house.code import ROOT
from tools.make_journal_docs import json_schema, page


def test_the_page() -> None:
    """``python -m tools.make_journal_docs`` writes it."""
    text = (ROOT / "docs/journal.md").read_text(encoding="utf-8")
    assert page(text) == text


def test_the_schema() -> None:
    """The same."""
    assert json_schema() == (ROOT / "docs/journal.schema.json").read_text(encoding="utf-8")
