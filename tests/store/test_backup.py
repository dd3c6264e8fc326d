"""A store goes into a file and back, from either kind into either kind."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from ivr_agi.errors import ConfigError
from ivr_agi.store.backup import back_up, restore
from ivr_agi.store.bulk import names_of
from ivr_agi.store.database import Database
from ivr_agi.store.tables import METADATA, backups, calls
from tests.store.conftest import empty
from tests.store.journals import count_stored, ingester_of, write_calls


def rows_of(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Everything, but where the backups are."""
    found = {}
    with database.reading() as connection:
        for table in METADATA.sorted_tables:
            if table is not backups:
                query = sa.select(*[table.c[name] for name in names_of(table)])
                found[table.name] = sorted(
                    (tuple(row) for row in connection.execute(query)), key=repr
                )
    return found


def test_there_and_back(database: Database, tmp_path: Path) -> None:
    """All rows; reading goes on where it was, each line once."""
    path = tmp_path / "journal"
    write_calls(path, 20)
    reader = ingester_of(database, path)
    reader.read_block(5_000)
    before = rows_of(database)
    file = tmp_path / "backup"
    n_calls = back_up(database, file)
    assert n_calls == len(before["calls"])
    assert file.stat().st_mode & 0o077 == 0
    assert [one.name for one in tmp_path.glob("*backup*")] == ["backup"]
    reader.read_all()
    after = rows_of(database)
    assert before != after
    with pytest.raises(ConfigError, match="the store is not empty"):
        restore(file, database)
    assert restore(file, database, replaces=True) == n_calls
    assert rows_of(database) == before
    ingester_of(database, path).read_all()
    counted = count_stored(database)
    assert counted["read"] == counted["in calls"] + counted["of no call"] + counted["open"]
    assert len(rows_of(database)["calls"]) == 20


def test_from_one_kind_into_the_other(database: Database, tmp_path: Path) -> None:
    """A backup of PostgreSQL is an SQLite store, and so it is the way to move."""
    path = tmp_path / "journal"
    write_calls(path, 5)
    ingester_of(database, path).read_all()
    back_up(database, tmp_path / "backup")
    other = Database(str(tmp_path / "other.sqlite3"))
    other.upgrade()
    restore(tmp_path / "backup", other)
    assert rows_of(other) == rows_of(database)
    other.close()


def test_what_is_no_backup(database: Database, tmp_path: Path) -> None:
    """Told in words, and the store is as it was."""
    text = tmp_path / "text"
    text.write_bytes(b"x" * 5000)
    other = tmp_path / "other"
    plain = sqlite3.connect(other)
    plain.execute("CREATE TABLE a (b)")
    plain.close()
    for file, reason in (
        (tmp_path / "none", "there is no such backup"),
        (text, "this is no backup of a store"),
        (other, "this is no backup of a store"),
    ):
        with pytest.raises(ConfigError, match=reason):
            restore(file, database)
    with pytest.raises(ConfigError, match="is there already"):
        back_up(database, text)
    with pytest.raises(ConfigError, match="cannot"):
        back_up(database, text / "x")
    with database.reading() as connection:
        assert connection.execute(sa.select(calls)).all() == []


def test_ids_go_on_after_a_restore(database: Database, tmp_path: Path) -> None:
    """No id is given twice."""
    write_calls(tmp_path / "journal", 5)
    ingester_of(database, tmp_path / "journal").read_all()
    back_up(database, tmp_path / "backup")
    empty(database)
    database.upgrade()
    restore(tmp_path / "backup", database)
    (tmp_path / "journal").unlink()
    (tmp_path / "sub").mkdir()
    write_calls(tmp_path / "sub" / "journal", 10, seed=2)
    ingester_of(database, tmp_path / "sub" / "journal").read_all()
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(calls)).scalar() == 10
