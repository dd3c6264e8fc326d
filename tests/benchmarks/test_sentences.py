"""Random sentences, and how long slots take for them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.sentences import ASKED_SLOTS, OLD_SLOTS, main, random_sentences
from ivr_agi.language.rules import answer_rules

THEIRS = """
class _Slot:
    def __init__(self, **limits): pass
    def parse(self, text): return [c for c in text * 200]
Number = Money = Time = Digits = Date = Phone = IdCard = Plate = YesNo = _Slot
"""


def test_sentences() -> None:
    """The same for the same seed; of both languages."""
    first = list(random_sentences(30, 15))
    assert first == list(random_sentences(30, 15))
    assert first != list(random_sentences(30, 15, seed=2))
    assert all(len(text.split()) <= 15 for text in first)
    assert any(not text.isascii() for text in first)
    own = list(random_sentences(10, 15, ["letter_word"]))
    letters = set(" ".join(answer_rules().phrases("letter_word")).split())
    assert all(set(text.split()) <= letters for text in own[1::2])


def test_command(tmp_path: Path) -> None:
    """Growth of each slot, and how ours compare with those of another checkout."""
    slots = tmp_path / "ivr_agi/flow/slots"
    slots.mkdir(parents=True)
    for package in (slots, slots.parent, slots.parent.parent):
        (package / "__init__.py").write_text("")
    (slots / "__init__.py").write_text(THEIRS)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    out = tmp_path / "out.json"
    assert main(["--sentences", "2", "--baseline", str(tmp_path), "--json", str(out)]) == 0
    rows = {row["name"]: row for row in json.loads(out.read_text())["rows"]}
    assert {f"sentence_growth: {slot}" for slot in ASKED_SLOTS} <= set(rows)
    assert {f"sentence_p99_to_baseline: {slot}" for slot in OLD_SLOTS} <= set(rows)
    assert all(row["p50"] > 0 for row in rows.values())


def test_no_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A checkout has a Python of its own."""
    assert main(["--sentences", "1", "--baseline", str(tmp_path)]) != 0
    assert "no .venv/bin/python" in capsys.readouterr().err
