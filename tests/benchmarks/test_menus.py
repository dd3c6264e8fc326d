"""Whether scores of menus mean what they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.menus import main, menu_rows, read_menu_answers
from ivr_agi.errors import ConfigError

FILES = Path(__file__).parents[1] / "language/answers"


def test_scores_mean_what_they_say() -> None:
    """On files that were written before anything was tuned with them."""
    names = ("menus_held_out", "menus_held_out_2")
    answers = [each for name in names for each in read_menu_answers(FILES / f"{name}.tsv")]
    assert len(answers) >= 140
    rows = {row.name: row for row in menu_rows(answers)}
    assert all(row.is_met is not False for row in rows.values())
    assert rows["menus_right_of_those_taken_at_0.9"].n >= 40


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Right, asked about, none, and wrong."""
    file, out = tmp_path / "menus.tsv", tmp_path / "out.json"
    file.write_text(
        "red;blue\tred\tred\nred;blue\tred or blue\t-|red ?|blue ?\nred;blue\tnothing\t-\n"
        "red;blue\tblue\tred\n",
        encoding="utf-8",
    )
    assert main([str(file), "--verbose", "--json", str(out)]) == 0
    rows = {row["name"]: row for row in json.loads(out.read_text())["rows"]}
    assert rows["menus_right"]["p50"] == 75
    assert rows["menus_wrong_sure"]["p50"] == 25
    assert rows["menus_right_of_those_taken_at_0.9"]["p50"] == 50
    assert "blue 1.00  (red)" in capsys.readouterr().err


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Which line, and what it must have."""
    file = tmp_path / "menus.tsv"
    file.write_text("red\tred\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1 must have choices, words"):
        read_menu_answers(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_menu_answers(tmp_path / "none.tsv")
