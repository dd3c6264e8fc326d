"""Flows side by side, and versions of one."""

from __future__ import annotations

from pathlib import Path

from ivr_agi.report.flow_numbers import count_flows
from ivr_agi.store.database import Database
from ivr_agi.store.hours import hour_of
from ivr_agi.store.queries import CallFilter, list_calls
from tests.store.journals import BEGIN, KEY, ZONE, ingester_of, write_calls


def test_the_numbers_are_those_of_the_calls(tmp_path: Path) -> None:
    """Each call counts once, by how it ended; other hours do not count."""
    database = Database(str(tmp_path / "store.sqlite3"))
    database.upgrade()
    write_calls(tmp_path / "journal", 40)
    ingester_of(database, tmp_path / "journal").read_all()
    rows = list_calls(database, KEY, CallFilter(limit=None))
    since = float(hour_of(BEGIN, ZONE))
    (flow,) = count_flows(database, since, since + 7200)
    assert (flow.flow, flow.version, flow.calls) == ("main", "", 40)
    assert flow.outcomes["transferred"] == sum(row["status"] == "TRANSFER" for row in rows)
    assert sum(flow.outcomes.values()) == 40
    assert flow.misses == sum(row["misses"] for row in rows)
    assert flow.turns == sum(row["turns"] for row in rows)
    (version,) = count_flows(database, since, since + 7200, flow="main")
    assert (version.version, version.calls) == ("v1", 40)
    assert version.first_seen is not None
    assert count_flows(database, since - 7200, since) == []
    assert count_flows(database, since, since + 7200, flow="other") == []
    database.close()
