"""``ivr-agi backup FILE``: copies the store into one file."""

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
        "backup",
        "copy the store into a file, while it is used",
        more="ivr-agi forget changes this file, too, as long as it stays where it was written.",
        epilog="The file is an SQLite database, also where the store is PostgreSQL.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with opened_store(args) as opened:
        from ivr_agi.store.backup import back_up

        n_calls = back_up(opened.database, args.file)
    print(f"{n_calls} calls are in {args.file}")
    return 0
