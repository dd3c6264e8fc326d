"""A day of calls: real events of the samples, at other times, of other callers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr_agi.console.demo.day import (
    LENGTH_S,
    SampleCall,
    lay_out_flows,
    make_day,
    rehearse_samples,
    write_day,
)
from ivr_agi.errors import ConfigError
from ivr_agi.rehearsal.timed_sounds import silent_speech
from ivr_agi.store.database import Database
from ivr_agi.store.flow_files import read_flow_files
from ivr_agi.store.queries import CallFilter, list_calls
from tests.store.journals import BEGIN, KEY, ingester_of

TESTS = Path(__file__).parents[3] / "config" / "flows" / "tests"


@pytest.fixture(scope="module")
def samples() -> list[SampleCall]:
    """Every conversation of the samples."""
    return rehearse_samples(TESTS, silent_speech)


def test_every_sample_flow_has_calls(samples: list[SampleCall], tmp_path: Path) -> None:
    """With the version that is kept, so that each call can be drawn and replayed."""
    lay_out_flows(TESTS, tmp_path / "flows", tmp_path / "spool")
    flows = {file.stem for file in TESTS.glob("*.yaml") if "_spoken" not in file.stem}
    assert {one.flow for one in samples} == flows
    for one in samples:
        assert one.events[0].event == "call_started"
        assert sum(event.event == "call_ended" for event in one.events) == 1
        kept = read_flow_files(tmp_path / "spool" / "flows" / one.flow / one.version)
        assert kept is not None
        assert f"{one.flow}.yaml" in kept


def test_a_day_is_the_same_again_and_fills_the_store(
    samples: list[SampleCall], tmp_path: Path
) -> None:
    """Within a day before the moment; each call with an end, an id and a caller of its own."""
    until = BEGIN + 50_000
    day = make_day(samples, 60, until)
    assert [events for _, events in day] == [events for _, events in make_day(samples, 60, until)]
    for _, events in day:
        assert until - LENGTH_S <= events[0].time
        assert events[-1].time <= until
        assert re.fullmatch(r"0207946\d{4}", events[0].data["caller"])
    write_day(tmp_path / "journal", [events for _, events in day])
    database = Database(str(tmp_path / "store.sqlite3"))
    database.upgrade()
    ingester_of(database, tmp_path / "journal").read_all()
    rows = list_calls(database, KEY, CallFilter(limit=None))
    database.close()
    assert len(rows) == 60
    assert all(row["status"] for row in rows)
    assert len({row["unique_id"] for row in rows}) == 60


def test_without_samples(tmp_path: Path) -> None:
    """One line."""
    with pytest.raises(ConfigError, match="the samples are missing"):
        rehearse_samples(tmp_path, silent_speech)
