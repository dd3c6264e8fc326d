"""``ivr-agi forget NUMBER``: takes a caller out of everything that is kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option
from ivr_agi.cli.ingest import make_ingester
from ivr_agi.cli.opened import OpenedStore, opened_store
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)

CONSOLE_S = 60.0
"""Longest wait for a console that reads the journal meanwhile."""


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "forget",
        "forget a caller: words, recordings, messages and the number, wherever they are",
        more="What is left of the caller's calls are counts, steps and times. In other calls only "
        "the number itself is masked. On several machines, run it on each.",
        epilog="Exit code 1: a call of the caller is under way, or a backup was not found.",
    )
    parser.add_argument("number", metavar="NUMBER", help="as ivr-agi calls shows it")
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with opened_store(args, make=True) as opened:
        from ivr_agi.store.audit import note_access
        from ivr_agi.store.forget import Forgetter

        if opened.places.journal is not None:
            _read_on(opened)
        forgetter = Forgetter(opened.places, opened.caller_key, args.number)
        try:
            done = forgetter.forget(opened.database)
        except OSError as exc:
            reason = f"not everything is forgotten, run it again: {exc.strerror}"
            raise ConfigError(reason, path=str(exc.filename or "")) from exc
        note_access(opened.database, "forget")
    print(f"{done.calls} calls are without words and number")
    print(f"{done.mentions} other places had the number")
    print(f"{len(done.files)} recordings, messages and prompts are deleted")
    if done.backups:
        print(f"{len(done.backups)} backups are changed")
    for file in done.unreachable:
        print(f"not found or not readable, so not changed: the backup {file}")
    if done.under_way:
        print(f"{done.under_way} calls are under way: run it again when they are over")
    return int(bool(done.unreachable or done.under_way))


def _read_on(opened: OpenedStore) -> None:
    """Have the journal in the store to its end: what comes later would bring the caller back.

    Raises:
        ConfigError: A console is there, and does not read on.
    """
    ingester = make_ingester(opened)
    deadline = time.monotonic() + CONSOLE_S
    while True:
        try:
            with opened.database.only_writer(opened.node):
                ingester.read_all()
                return
        except ConfigError:
            if not make_ingester(opened).behind_bytes():
                return  # the console has read it
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)
