"""The benchmark of what is understood, a few sounds of it on the real server: that it measures."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import hearing
from benchmarks.hearing import Cell, HearingPlan, cell_rows, interval
from benchmarks.hearing_client import Understood
from benchmarks.hearing_tasks import Saying
from ivr_agi.bench.report import Row, row
from tests.benchmarks.speech import a_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_intervals() -> None:
    """Wilson's, which never leave 0 to 100."""
    assert interval(0, 0) == (0, 100)
    assert interval(10, 10) == pytest.approx((72.2, 100), abs=0.1)
    assert interval(50, 100) == pytest.approx((40.4, 59.6), abs=0.1)


def count(task: str, *heard: Understood, text: str | None = "yes") -> Cell:
    """Count what was heard of as many sentences."""
    cell = Cell(task, "quiet")
    for each in heard:
        cell.add(Saying(task, "en", "x", np.zeros(1), ("yes", "no"), text), each)
    return cell


def test_what_is_counted() -> None:
    """Right, right and accepted, wrong and accepted, missed."""
    heard = [
        Understood(1, "yes", 0.9),
        Understood(1, "yes", 0.1),
        Understood(1, "no", 0.9),
        Understood(),
    ]
    [found] = cell_rows([count("digit", *heard)])
    assert (found.name, found.p50, found.n, found.is_met) == ("digit_right", 50, 4, False)
    assert "2 of 4" in found.meaning
    assert found.meaning.endswith("25 % right and accepted; 25 % wrong and accepted; 25 % missed")


def test_foreign_words() -> None:
    """The row says how many were taken; with a target only on the quiet line."""
    heard = [Understood(1, "yes", 0.9), Understood(1, "yes", 0.1)]
    [found] = cell_rows([count("foreign", *heard, text=None)])
    assert (found.name, found.p50, found.is_met) == ("foreign_accepted", 50, False)
    noisy = count("foreign", *heard, text=None)
    noisy.line = "babble 5 dB"
    [found] = cell_rows([noisy])
    assert (found.name, found.is_met) == ("foreign_accepted, babble 5 dB", None)


def test_options(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """They go to the measurement; an unknown name is one line."""
    asked: list[HearingPlan] = []

    async def measure(plan: HearingPlan) -> list[Row]:
        asked.append(plan)
        return [row("digit_right", "%", [97.0])]

    monkeypatch.setattr(hearing, "measure_hearing", measure)
    speech = ["--speech", str(tmp_path)]
    out = tmp_path / "rows.json"
    options = ["--engine", "x", "--lines", "quiet,-61 dBFS", "--tasks", "digit", "--most", "3"]
    assert hearing.main([*speech, *options, "--model", "m", "--json", str(out)]) == 0
    [plan] = asked
    assert (plan.engine, plan.tasks, plan.most) == ("x", ("digit",), 3)
    assert plan.lines == ("quiet", "-61 dBFS")
    assert plan.options == ("--model", "m")
    assert json.loads(out.read_text())["rows"][0]["p50"] == 97
    assert hearing.main([*speech, "--tasks", "dancing"]) == 2
    assert "--tasks: must be of digit" in capsys.readouterr().err
    assert hearing.main(speech) == 0
    assert len(asked[1].lines) == 8


@pytest.mark.engine
@pytest.mark.slow
def test_the_real_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sounds of three tasks: every row is there."""
    monkeypatch.setattr(hearing, "PACED_SENTENCES", 1)
    monkeypatch.setattr(hearing, "OPEN_SESSIONS", 2)
    told: list[str] = []
    monkeypatch.setattr(hearing, "say", told.append)
    plan = HearingPlan(
        a_folder(tmp_path),
        engine="pocketsphinx",
        lines=("quiet", "kitchen 5 dB"),
        tasks=("digit", "foreign", "zh_digit"),
        most=1,
        most_quiet=2,
    )
    rows = {each.name: each for each in asyncio.run(hearing.measure_hearing(plan))}
    assert rows["digit_right"].n == rows["zh_digit_right"].n == 2
    assert rows["digit_right, kitchen 5 dB"].n == 1
    assert rows["foreign_accepted"].n == 2
    assert rows["onset_missed"].n == 4
    assert rows["false_starts"].n == 12
    assert rows["babble_starts"].n == 20
    assert {"voice_start_after_onset", "voice_end_to_words"} <= rows.keys()
    assert rows["cpu_per_second"].p50
    assert "memory_per_session" in rows
    assert len(told) == 4
