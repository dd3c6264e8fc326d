"""What the page of one call asks beside its time line."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from ivr_agi.store.database import Database
from ivr_agi.store.one_call import StoredRecording, calls_beside, recordings_of
from ivr_agi.store.queries import CallFilter, list_calls
from ivr_agi.store.tables import recordings
from tests.store.journals import BEGIN, KEY, ingester_of, write_calls


def test_calls_of_the_same_caller(database: Database, tmp_path: Path) -> None:
    """So many before, so many after, the newest first; none of others, not itself."""
    write_calls(tmp_path / "journal", 20)
    ingester_of(database, tmp_path / "journal").read_all()
    with database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE calls SET caller_digest = 'same' WHERE id - 2 * (id / 2) = 0"
        )
        connection.exec_driver_sql(
            "UPDATE calls SET caller_digest = NULL WHERE id - 2 * (id / 2) = 1"
        )
    rows = list_calls(database, KEY, CallFilter(limit=None))
    of_caller = [row for row in rows if row["caller_digest"]]
    beside = calls_beside(database, of_caller[4], each=2)
    assert [one["id"] for one in beside] == [of_caller[n]["id"] for n in (2, 3, 5, 6)]
    assert beside[0]["node"] == "node"
    nobody = next(row for row in rows if not row["caller_digest"])
    assert calls_beside(database, nobody) == []


def test_recordings_of_a_call(database: Database) -> None:
    """The oldest first."""
    with database.writing() as connection:
        for call, file, made in ((1, "b", 2.0), (1, "a", 1.0), (2, "c", 0.0)):
            values = {"call_id": call, "file": file, "kind": "call", "made": BEGIN + made}
            connection.execute(sa.insert(recordings).values(**values))
    assert recordings_of(database, 1) == [
        StoredRecording("a", "call", BEGIN + 1.0),
        StoredRecording("b", "call", BEGIN + 2.0),
    ]
    assert recordings_of(database, 3) == []
