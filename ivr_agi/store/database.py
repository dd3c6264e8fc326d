"""The store's database: SQLite or PostgreSQL, opened, checked and upgraded. Shell.

SQLAlchemy (extra ``console``) has the schema and the queries, Alembic its history, and the
drivers' own bulk writing the rows: Core takes three times as long for each.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ivr_agi.errors import ConfigError, IvrError, MissingDependency

try:
    import sqlalchemy as sa
    from sqlalchemy import event
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
except ModuleNotFoundError as exc:
    raise MissingDependency("SQLAlchemy", "console") from exc

if TYPE_CHECKING:
    import datetime
    import sqlite3
    from collections.abc import Iterator

    from ivr_agi.settings import Settings

__all__ = ("Database", "StoreUnavailable", "open_database", "reporting_zone")

SHARED_FILE_SYSTEMS = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ncpfs",
    "fuse.sshfs",
    "9p",
    "afs",
    "ceph",
)
"""File systems on which SQLite's locks do not work, or not always."""
BUSY_MS = 10_000
"""Longest wait for another process that writes."""


class StoreUnavailable(IvrError):
    """The database does not answer: try again later."""


class Database:
    """An open database.

    Args:
        url: The settings' ``store.url``; a relative file is relative to ``base``.
        base: Folder of the settings.

    Raises:
        ConfigError: The URL is wrong, or the file lies where SQLite cannot work.
        MissingDependency: psycopg is not installed.
    """

    def __init__(self, url: str, base: Path = Path()) -> None:
        self.file = base / url.removeprefix("sqlite:///") if _is_file(url) else None
        """The file of an SQLite database."""
        self.is_sqlite = self.file is not None
        try:
            self.engine = _sqlite(self.file) if self.file is not None else _postgresql(url)
        except ModuleNotFoundError as exc:
            raise MissingDependency("psycopg", "postgresql") from exc
        except (ArgumentError, NoSuchModuleError, ValueError) as exc:
            reason = f"expected a file or postgresql://user@host/name, got {url!r}"
            raise ConfigError(reason, key="store.url") from exc

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn errors into ours, without values: they may be a caller's.

        Of SQLAlchemy, and of the driver itself, which copies rows and is asked what must be quick.
        """
        assert self.engine.dialect.dbapi is not None  # it was loaded with the engine
        try:
            yield
        except (DBAPIError, self.engine.dialect.dbapi.Error) as exc:
            told = exc.orig if isinstance(exc, DBAPIError) else exc
            lines = str(told).strip().splitlines() or [type(told).__name__]
            raise StoreUnavailable(f"the store cannot be used: {lines[0]}") from exc

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A short transaction that only reads.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        with self._told(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction; committed at the end of the ``with``.

        Raises:
            StoreUnavailable: The database does not answer; nothing is changed.
        """
        with self._told(), self.engine.begin() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextlib.contextmanager
    def only_writer(self, node: str) -> Iterator[None]:
        """Be the only process that ingests for a node.

        Raises:
            ConfigError: Another one does.
            StoreUnavailable: The database does not answer.
        """
        if self.file is not None:
            with _locked_file(self.file):
                yield
            return
        with self._told(), self.engine.connect() as connection:
            number = zlib.crc32(f"ivr-agi {node}".encode())
            if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar():
                raise _taken(node)
            connection.commit()
            try:
                yield
            finally:
                with contextlib.suppress(DBAPIError):
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))

    def upgrade(self) -> None:
        """Bring the schema to the newest version.

        Raises:
            ConfigError: It was made by a newer ivr-agi.
            MissingDependency: Alembic is not installed.
            StoreUnavailable: The database does not answer.
        """
        if self.version() == _newest():
            return
        try:
            from alembic import command
            from alembic.config import Config
            from alembic.util import CommandError
        except ModuleNotFoundError as exc:
            raise MissingDependency("alembic", "console") from exc
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.writing() as connection:
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as exc:
                reason = "the store was made by a newer version of ivr-agi: upgrade this one"
                raise ConfigError(reason, key="store.url") from exc

    def version(self) -> str:
        """Return the version of the schema; empty: there is none.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        with self.reading() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return ""
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return str(found or "")


def open_database(settings: Settings, *, make: bool = False) -> Database:
    """Open the store of an installation.

    Args:
        settings: The settings.
        make: Make it if it is missing, and bring its schema to the newest version.

    Raises:
        ConfigError: It cannot be, or it is not there.
        MissingDependency: A library is not installed.
        StoreUnavailable: The database does not answer.
    """
    database = Database(settings.store.url, settings.base)
    if database.file is not None and not make and not database.file.exists():
        reason = "there is no store yet: start ivr-agi console, or run ivr-agi ingest --once"
        raise ConfigError(reason, path=str(database.file), key="store.url")
    if make:
        database.upgrade()
    elif database.version() != _newest():
        reason = "the store is of another version of ivr-agi: restart ivr-agi console"
        raise ConfigError(reason, key="store.url")
    return database


def reporting_zone(settings: Settings) -> datetime.tzinfo:
    """Return the time zone whose hours and days count.

    Raises:
        ConfigError: There is no such zone.
    """
    name = settings.store.timezone
    if not name:
        with contextlib.suppress(OSError):
            name = os.readlink("/etc/localtime").partition("zoneinfo/")[2]
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        reason = f"expected a time zone such as Asia/Shanghai, got {name!r}"
        raise ConfigError(reason, key="store.timezone") from exc


def _newest() -> str:
    versions = Path(__file__).parent / "migrations" / "versions"
    return max(file.name.partition("_")[0] for file in versions.glob("[0-9]*.py"))


def _is_file(url: str) -> bool:
    return "://" not in url or url.startswith("sqlite:///")


def _sqlite(file: Path) -> sa.Engine:
    _check_place(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        reason = f"cannot make the store's folder: {exc.strerror}"
        raise ConfigError(reason, path=str(file), key="store.url") from exc
    engine = sa.create_engine(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA cache_size=-65536")
        connection.execute("PRAGMA temp_store=MEMORY")

    return engine


def _postgresql(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if not parsed.drivername.startswith("postgresql"):
        raise ValueError(url)
    if parsed.password:
        reason = "no password belongs into the settings: use PGPASSWORD or ~/.pgpass"
        raise ConfigError(reason, key="store.url")
    return sa.create_engine(
        parsed.set(drivername="postgresql+psycopg"), connect_args={"connect_timeout": 5}
    )


def _check_place(file: Path) -> None:
    """Refuse a file system that other machines share.

    Raises:
        ConfigError: It is one.
    """
    place = str(file.parent.resolve())
    best = ("", "")
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        mount = before.split()[4].replace("\\040", " ")
        is_in = place == mount or place.startswith(mount.rstrip("/") + "/")
        if is_in and len(mount) >= len(best[0]):
            best = (mount, after.split()[0])
    if best[1] in SHARED_FILE_SYSTEMS:
        reason = f"SQLite does not work on {best[1]}: use a local disk, or PostgreSQL"
        raise ConfigError(reason, path=str(file), key="store.url")


@contextlib.contextmanager
def _locked_file(file: Path) -> Iterator[None]:
    path = file.with_name(f"{file.name}.lock")
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as exc:
        reason = f"cannot write beside the store: {exc.strerror}"
        raise ConfigError(reason, path=str(path), key="store.url") from exc
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise _taken(str(file)) from None
    finally:
        os.close(fd)


def _taken(what: str) -> ConfigError:
    return ConfigError(f"another ivr-agi console or ivr-agi ingest writes to the store of {what}")
