"""What the commands that ask the store have in common: options, and what they open."""

from __future__ import annotations

import contextlib
import csv
import socket
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ivr_agi.cli.common import add_config_option
from ivr_agi.errors import ConfigError
from ivr_agi.settings import Settings, load_settings

if TYPE_CHECKING:
    import argparse
    import datetime
    from collections.abc import Iterable, Iterator, Sequence

    from ivr_agi.store.callers import CallerKey
    from ivr_agi.store.database import Database
    from ivr_agi.store.places import Places

__all__ = (
    "OpenedStore",
    "add_span_options",
    "node_name",
    "opened_store",
    "print_csv",
)


@dataclass(frozen=True)
class OpenedStore:
    """The store of an installation, and what belongs to it."""

    settings: Settings
    database: Database
    zone: datetime.tzinfo
    caller_key: CallerKey
    places: Places

    @property
    def node(self) -> str:
        """Name of this machine in the store."""
        return node_name(self.settings)

    def moment(self, text: str) -> float:
        """Return the moment that an option names, seconds since 1970.

        Raises:
            ConfigError: It names none.
        """
        from ivr_agi.store.hours import moment_of

        try:
            return moment_of(text, time.time(), self.zone)
        except ValueError as exc:
            raise ConfigError(str(exc)) from exc


@contextlib.contextmanager
def opened_store(args: argparse.Namespace, *, make: bool = False) -> Iterator[OpenedStore]:
    """Open the store that the settings name.

    Args:
        args: With ``config``.
        make: Make it if it is missing.

    Raises:
        ConfigError: The settings are wrong, or there is no store.
        MissingDependency: The extra ``console`` is not installed.
        StoreUnavailable: The database does not answer.
    """
    # Not above: a call must not wait for libraries of the database, nor need them.
    from ivr_agi.store.callers import load_caller_key
    from ivr_agi.store.database import open_database, reporting_zone
    from ivr_agi.store.places import places_of

    settings = load_settings(args.config)
    zone = reporting_zone(settings)
    database = open_database(settings, make=make)
    try:
        key = load_caller_key(settings.path(settings.store.caller_key_file))
        yield OpenedStore(settings, database, zone, key, places_of(settings))
    finally:
        database.close()


def node_name(settings: Settings) -> str:
    """Return the name of this machine in the store."""
    return settings.store.node or socket.gethostname()


def add_span_options(parser: argparse.ArgumentParser, default: str) -> None:
    """Add ``--since``, ``--until``, ``--flow`` and ``--config``."""
    parser.add_argument(
        "--since",
        default=default,
        metavar="TIME",
        help="24h, 7d, today, yesterday, 2026-12-01 or '2026-12-01 08:30' (default: %(default)s)",
    )
    parser.add_argument("--until", default="now", metavar="TIME", help="the same (default: now)")
    parser.add_argument("--flow", default="", metavar="NAME", help="only calls of this flow")
    add_config_option(parser)


def print_csv(names: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Print rows as CSV. A text that a spreadsheet would run as a formula begins with a quote."""
    writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _harmless(row.get(name)) for name in names})


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "@", "\t", "\r"):
        return "'" + value
    if isinstance(value, str) and value[:1] in ("+", "-") and not value[1:].isdigit():
        return "'" + value
    return value
