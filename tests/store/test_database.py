"""Opening a store: what it is, where it may be, and its schema."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ivr_agi.errors import ConfigError
from ivr_agi.settings import Settings
from ivr_agi.store.database import Database, StoreUnavailable, open_database, reporting_zone
from ivr_agi.store.tables import METADATA, nodes
from ivr_agi.store_settings import StoreSettings


def test_the_migrations_make_the_tables(database: Database) -> None:
    """All of them, as the code has them; and doing it again changes nothing."""
    database.upgrade()
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, METADATA) == []
    assert database.version() == "0002"


def test_a_store_of_a_newer_version(database: Database) -> None:
    """It is not touched."""
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="made by a newer version of ivr-agi"):
        database.upgrade()
    assert database.version() == "9999"


def test_a_transaction_is_whole(database: Database) -> None:
    """What fails leaves nothing."""

    def fail() -> None:
        with database.writing() as connection:
            connection.execute(sa.insert(nodes).values(id=1, name="a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as connection:
        assert connection.execute(sa.select(nodes)).all() == []


def test_errors_of_the_driver_are_ours(database: Database) -> None:
    """In one line."""
    for opened in (database.reading, database.writing):
        with pytest.raises(StoreUnavailable) as caught, opened() as connection:
            connection.exec_driver_sql("SELECT 1 FROM nowhere")
        assert "\n" not in str(caught.value)
        assert "nowhere" in str(caught.value)


def settings_of(folder: Path, url: str = "store.sqlite3", timezone: str = "") -> Settings:
    """Settings with a store."""
    return Settings(store=StoreSettings(url=url, timezone=timezone), base=folder)


def test_opening(tmp_path: Path) -> None:
    """A command that asks does not make a store; one that writes does."""
    settings = settings_of(tmp_path, "sub/store.sqlite3")
    with pytest.raises(ConfigError, match="there is no store yet"):
        open_database(settings)
    open_database(settings, make=True).close()
    found = open_database(settings)
    with found.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    found.close()
    with pytest.raises(ConfigError, match="of another version of ivr-agi"):
        open_database(settings)


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql://u@h:port/x"])
def test_urls_that_are_none(url: str, tmp_path: Path) -> None:
    """It is told what is expected."""
    with pytest.raises(ConfigError, match=r"store\.url: expected a file or postgresql://"):
        Database(url, tmp_path)


def test_no_password_in_the_settings() -> None:
    """The message does not repeat it."""
    with pytest.raises(ConfigError, match="no password belongs into the settings") as caught:
        Database("postgresql://ivr:s3cret@db/ivr")
    assert "s3cret" not in str(caught.value)


def test_a_file_system_that_machines_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite is refused there."""
    line = f"1 1 0:1 / {tmp_path} rw - nfs4 server:/x rw\n"
    mounts = "1 0 0:0 / / rw - ext4 /dev/a rw\n" + line
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: mounts)
    with pytest.raises(ConfigError, match="SQLite does not work on nfs4"):
        Database("store.sqlite3", tmp_path)
    Database("store.sqlite3", tmp_path.parent).close()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A file is in the way."""
    (tmp_path / "a").touch()
    with pytest.raises(ConfigError, match="cannot make the store's folder"):
        Database("a/b/store.sqlite3", tmp_path)


def test_a_lock_that_cannot_be(tmp_path: Path) -> None:
    """The folder is gone."""
    database = Database("sub/store.sqlite3", tmp_path)
    (tmp_path / "sub").rmdir()
    with pytest.raises(ConfigError, match="cannot write beside the store"):
        with database.only_writer("n"):
            pass


def test_deleted_words_are_gone_from_the_file(tmp_path: Path) -> None:
    """SQLite writes zeros over them."""
    database = Database("store.sqlite3", tmp_path)
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()


def test_errors_of_sqlite_itself(tmp_path: Path) -> None:
    """A file that is none of its."""
    file = tmp_path / "store.sqlite3"
    file.write_bytes(b"x" * 4096)
    database = Database(str(file))
    with pytest.raises(StoreUnavailable, match="file is not a database"):
        database.version()


def test_time_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the settings, else the machine's, else UTC."""
    zone = reporting_zone(settings_of(Path(), timezone="Asia/Shanghai"))
    assert str(zone) == "Asia/Shanghai"
    with pytest.raises(ConfigError, match="expected a time zone such as Asia/Shanghai"):
        reporting_zone(settings_of(Path(), timezone="Mars/Base"))
    links = {"/etc/localtime": "/usr/share/zoneinfo/Europe/Berlin"}
    monkeypatch.setattr(os, "readlink", links.__getitem__)
    assert str(reporting_zone(settings_of(Path()))) == "Europe/Berlin"

    def fail(_: str) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(os, "readlink", fail)
    assert str(reporting_zone(settings_of(Path()))) == "UTC"
