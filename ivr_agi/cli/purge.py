"""``ivr-agi purge``: deletes what is too old or too much, now."""

from __future__ import annotations

import time
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
        "purge",
        "delete what the settings say is too old or too much ([retention])",
        epilog="ivr-agi console does it every hour.",
    )
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with opened_store(args) as opened:
        from ivr_agi.store.audit import note_access
        from ivr_agi.store.retention import Retention

        limits = opened.settings.retention
        deleted = Retention(opened.database, opened.node, opened.places, limits).run(time.time())
        note_access(opened.database, "purge")
    print(f"{deleted.calls_words} calls lost their words, {deleted.calls} calls were deleted")
    print(f"{deleted.files} files were deleted")
    return 0
