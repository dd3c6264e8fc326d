"""Exactly once, in small; ``python -m tests.store.once`` is the large form."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.postgresql import PostgresqlServer
from ivr_agi.store.database import Database
from tests.store.conftest import empty
from tests.store.once import OncePlan, run_once, small_disk

SMALL = OncePlan(kills=12, calls=40)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_line_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Over kills, full disks, torn files and restarts; all of these have happened."""
    server: PostgresqlServer | None = None
    if kind == "postgresql":
        server = request.getfixturevalue("postgresql")
        database = Database(server.url)
        empty(database)
        database.close()
    disk = small_disk(tmp_path)
    try:
        disk.__enter__()
    except PermissionError as exc:
        pytest.skip(str(exc))
    try:
        done = run_once(tmp_path, SMALL, server)
    finally:
        disk.__exit__(None, None, None)
    assert done.is_right
    assert done.n_kills == SMALL.kills
    assert (done.n_full_for_writers, done.n_torn, done.n_bad) == (2, 2, 1)
    assert (done.n_full_for_readers, done.n_restarts) == ((2, 0) if server is None else (0, 2))
