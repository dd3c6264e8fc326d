"""``ivr-agi flow evaluate``: counts, JSON, and what is wrong with its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr_agi.cli import main
from tests.flow.tools.test_evaluation import FLOW

ROWS = "# a comment\ncard\tmy card was stolen\npay\t我要转账\n-\tmy card is gone\n\n"


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    """A flow with one route."""
    file = tmp_path / "flow.yaml"
    file.write_text(FLOW, encoding="utf-8")
    return file


def test_counts(flow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Right, wrong, by band, what was taken for what, and which sentences."""
    rows = tmp_path / "rows.tsv"
    rows.write_text(ROWS, encoding="utf-8")
    assert main(["flow", "evaluate", str(flow), str(rows)]) == 0
    out = capsys.readouterr().out
    assert "3 sentences" in out
    assert "right      2   66.7%" in out
    assert "wrong: 'my card is gone' is -, taken for card" in out
    assert main(["flow", "evaluate", str(flow), str(rows), "--json"]) == 0
    (data,) = json.loads(capsys.readouterr().out)["files"]
    assert (data["right"], data["wrong"], data["confusions"]["-"]) == (2, 1, {"card": 1})


def test_each_example_left_out(flow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a file of sentences, by language."""
    assert main(["flow", "evaluate", str(flow)]) == 0
    out = capsys.readouterr().out
    assert "a, each example left out, en: 8 sentences" in out
    assert "a, each example left out, zh: 3 sentences" in out


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("card my card\n", "rows.tsv:1: expected the choice's value, a tab, and a sentence"),
        ("cart\tmy card\n", "rows.tsv:1: the route has no choice 'cart'; did you mean 'card'?"),
        ("# nothing\n", "there are no sentences in it"),
    ],
)
def test_wrong_sentences(
    flow: Path, tmp_path: Path, rows: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, with its place."""
    (tmp_path / "rows.tsv").write_text(rows, encoding="utf-8")
    assert main(["flow", "evaluate", str(flow), str(tmp_path / "rows.tsv")]) == 2
    assert reason in capsys.readouterr().err


def test_which_route(flow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The only one, or the one that is named."""
    assert main(["flow", "evaluate", str(flow), "--step", "b"]) == 2
    assert "there is no route 'b'" in capsys.readouterr().err
    assert main(["flow", "evaluate", str(flow), "--step", "a"]) == 0
    route = FLOW[FLOW.index("  a:") : FLOW.index("  z: {do")]
    two = FLOW.replace("  z: {do", route.replace("a:", "b:", 1) + "  z: {do")
    flow.write_text(two, encoding="utf-8")
    assert main(["flow", "evaluate", str(flow)]) == 2
    assert "--step one of a, b" in capsys.readouterr().err
    flow.write_text("start: z\nsteps: {z: {do: hangup}}\n", encoding="utf-8")
    assert main(["flow", "evaluate", str(flow)]) == 2
    assert "there is no step with do: route" in capsys.readouterr().err
