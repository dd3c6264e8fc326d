"""A database of each kind, empty, of the newest schema."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.postgresql import PostgresqlServer, postgresql_server
from ivr_agi.errors import MissingDependency
from ivr_agi.store.database import Database
from ivr_agi.store.tables import METADATA


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """One server for all tests of a process; its socket's path must be short."""
    with tempfile.TemporaryDirectory(prefix="ivr-agi-pg-") as folder:
        try:
            running = postgresql_server(Path(folder))
            server = running.__enter__()
        except MissingDependency as exc:
            pytest.skip(str(exc))
        yield server
        running.__exit__(None, None, None)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty store."""
    if request.param == "sqlite":
        found = Database(str(tmp_path / "store" / "store.sqlite3"))
    else:
        found = Database(request.getfixturevalue("postgresql").url)
        empty(found)
    found.upgrade()
    yield found
    found.close()


def empty(database: Database) -> None:
    """Drop everything."""
    with database.writing() as connection:
        METADATA.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
        if not database.is_sqlite:
            connection.exec_driver_sql("DROP SEQUENCE IF EXISTS call_ids")
