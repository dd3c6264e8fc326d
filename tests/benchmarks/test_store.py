"""The store's benchmark on few events: all rows, and a journal as the server writes it."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import store
from benchmarks.postgresql import postgresql_server
from benchmarks.store import StorePlan, measure_store, write_journal
from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.journal.schema import EVENTS


def test_the_journal(tmp_path: Path) -> None:
    """Whole calls, mixed, of events that there are."""
    path = tmp_path / "journal"
    n_lines = write_journal(path, 2_000, 1_795_000_000.0)
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(entries) == n_lines
    assert abs(n_lines - 2_000) < 100
    names = Counter(entry["event"] for entry in entries)
    assert names["call_started"] == names["call_ended"] == 46
    for entry in entries:
        assert set(entry.get("data", ())) <= set(EVENTS[entry["event"]].fields)
    calls = [entry.get("call") for entry in entries[1:]]
    assert sum(a != b for a, b in zip(calls, calls[1:], strict=False)) > 100


@pytest.mark.slow
def test_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of both databases, each with its baseline."""
    if shutil.which("psql") is None or shutil.which("sqlite3") is None:
        pytest.skip("apt-get install sqlite3 postgresql")
    monkeypatch.setattr(store, "QUICK_REPEATS", 2)
    said: list[str] = []
    rows = measure_store(StorePlan(events=2_000, repeats=1), said.append)
    questions = ("ingest_events", "report_90_days", "calls_by_caller", "timeline")
    wanted = [f"{name}_{kind}" for kind in ("sqlite", "postgresql") for name in questions]
    assert [row.name for row in rows] == wanted
    assert all(row.baseline is not None and row.p50 is not None for row in rows)
    assert said


def test_options(capsys: pytest.CaptureFixture[str]) -> None:
    """A number of events that is none."""
    assert store.main(["--events", "0"]) == ConfigError.exit_code
    assert "must be more than 0" in capsys.readouterr().err


def test_no_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told how to install it."""
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(MissingDependency, match="apt-get install postgresql"):
        with postgresql_server(tmp_path):
            pass
