"""``ivr-agi restore FILE``: fills the store from a backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option
from ivr_agi.cli.opened import opened_store

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "restore",
        "fill the store from a backup; stop ivr-agi console first",
        epilog="What the journal has had since the backup is read again after it.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--replace", action="store_true", help="delete what is in the store first")
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with opened_store(args, make=True) as opened:
        from ivr_agi.store.audit import note_access
        from ivr_agi.store.backup import restore

        with opened.database.only_writer(opened.node):
            n_calls = restore(args.file, opened.database, replaces=args.replace)
        note_access(opened.database, "restore")
    print(f"{n_calls} calls are in the store")
    return 0
