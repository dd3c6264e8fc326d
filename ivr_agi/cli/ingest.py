"""``ivr-agi ingest --once``: reads the journal into the store, for cron."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option
from ivr_agi.cli.opened import OpenedStore, opened_store
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ivr_agi.cli.common import Commands
    from ivr_agi.store.batch import Batch
    from ivr_agi.store.ingest import Ingester
    from ivr_agi.store.writing import StoredCall

__all__ = ("add_parser", "make_ingester")


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "ingest",
        "read the journal into the store",
        epilog="ivr-agi console does it all the time; this is for cron, where no console runs.",
    )
    parser.add_argument(
        "--once", action="store_true", required=True, help="read to the end, then stop"
    )
    add_config_option(parser)
    parser.set_defaults(run=_run)


def make_ingester(
    opened: OpenedStore, on_stored: Callable[[list[StoredCall], Batch], None] = lambda *_: None
) -> Ingester:
    """Return what reads this machine's journal into the store.

    Raises:
        ConfigError: There is no journal.
    """
    from ivr_agi.console.outgoing import messages_for
    from ivr_agi.store.flow_files import read_flow_files
    from ivr_agi.store.ingest import Ingester
    from ivr_agi.store.writing import StoreOptions

    settings = opened.settings
    if opened.places.journal is None:
        reason = "there is no journal to read: name a file"
        raise ConfigError(reason, path=settings.file, key="journal.file")
    copies = settings.spool_dir / "flows"
    options = StoreOptions(
        zone=opened.zone,
        caller_key=opened.caller_key,
        keeps_numbers=settings.store.numbers == "plain",
        flow_source=lambda name, version: read_flow_files(copies / name / version),
        messages=messages_for(settings, opened.node),
    )
    journal = opened.places.journal
    return Ingester(opened.database, opened.node, journal, options, on_stored=on_stored)


def _run(args: argparse.Namespace) -> int:
    with opened_store(args, make=True) as opened:
        ingester = make_ingester(opened)
        with opened.database.only_writer(opened.node):
            n_lines = ingester.read_all()
    print(f"{n_lines} lines were read")
    return 0
