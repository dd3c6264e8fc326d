"""Copies a store into a file and back: an SQLite database, whatever the store is. Shell."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr_agi.errors import ConfigError
from ivr_agi.store.bulk import insert_rows, names_of
from ivr_agi.store.database import Database, StoreUnavailable
from ivr_agi.store.tables import METADATA, backups, calls, deliveries

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("back_up", "restore")

COPIED_AT_ONCE = 5_000
_COPIED = [table for table in METADATA.sorted_tables if table is not deliveries]
"""What is sent stays where it is: a copy must not send it again."""


def back_up(database: Database, file: Path) -> int:
    """Write a store into a new file, in one transaction of it; return the number of calls.

    Raises:
        ConfigError: The file is there, or cannot be written.
        StoreUnavailable: The database does not answer.
    """
    if file.exists():
        raise ConfigError("this file is there already: name a new one", path=str(file))
    part = file.absolute().with_name(f".{file.name}.part")
    _remove(part)
    copy = Database(str(part))
    try:
        copy.upgrade()
        part.chmod(0o600)
        n_calls = _copy(database, copy)
        with database.writing() as connection:
            where = str(file.absolute())
            connection.execute(sa.delete(backups).where(backups.c.file == where))
            insert_rows(connection, backups, [(where, time.time())])
        with copy.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
        copy.close()
        os.link(part, file)
    except OSError as exc:
        raise ConfigError(f"cannot write the backup: {exc.strerror}", path=str(file)) from exc
    finally:
        copy.close()
        _remove(part)
    return n_calls


def restore(file: Path, database: Database, *, replaces: bool = False) -> int:
    """Fill a store from a backup; return the number of calls.

    Args:
        file: The backup.
        database: A store of the newest schema.
        replaces: Delete what is in it first.

    Raises:
        ConfigError: There is no such file, it is no backup, or the store is not empty.
        StoreUnavailable: The database does not answer; nothing has changed.
    """
    if not file.is_file():
        raise ConfigError("there is no such backup", path=str(file))
    source = Database(str(file))
    try:
        if not source.version():
            raise ConfigError("this is no backup of a store", path=str(file))
        source.upgrade()
        with database.reading() as connection:
            is_empty = connection.execute(sa.select(calls.c.id).limit(1)).first() is None
        if not is_empty and not replaces:
            reason = "the store is not empty: --replace deletes what is in it"
            raise ConfigError(reason, key="store.url")
        return _copy(source, database)
    except StoreUnavailable as exc:
        raise ConfigError(f"this is no backup of a store: {exc}", path=str(file)) from exc
    finally:
        source.close()


def _copy(source: Database, target: Database) -> int:
    """Replace all rows of one store by those of another, in one transaction of each."""
    n_calls = 0
    with source.reading() as reading, target.writing() as writing:
        if source.is_sqlite:
            reading.exec_driver_sql("BEGIN")
        else:
            reading.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for table in reversed(_COPIED):
            writing.execute(sa.delete(table))
        for table in _COPIED:
            columns = [table.c[name] for name in names_of(table)]
            streamed = reading.execution_options(yield_per=COPIED_AT_ONCE)
            for part in streamed.execute(sa.select(*columns)).partitions(COPIED_AT_ONCE):
                insert_rows(writing, table, [tuple(row) for row in part])
                n_calls += len(part) if table is calls else 0
        if not target.is_sqlite:
            writing.exec_driver_sql(
                "SELECT setval('call_ids', greatest(1, (SELECT max(id) FROM calls)))"
            )
    return n_calls


def _remove(part: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            part.with_name(part.name + suffix).unlink()
