"""``ivr-agi console``: reads the journal into the store, serves ``/metrics`` and the page."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option
from ivr_agi.cli.ingest import make_ingester
from ivr_agi.cli.opened import OpenedStore, opened_store
from ivr_agi.log import set_up_logging

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable, Coroutine

    from ivr_agi.cli.common import Commands
    from ivr_agi.console.site.context import SiteContext
    from ivr_agi.journal import Event
    from ivr_agi.store.batch import Batch
    from ivr_agi.store.writing import StoredCall

__all__ = ("add_parser", "make_context")

_log = logging.getLogger("ivr_agi.console")

CONSOLE_NICE = 10
"""Calls come first."""


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "console",
        "read the journal into the store, delete what is old, serve /metrics and the page; "
        "one for each machine",
        epilog="SIGTERM stops it. Calls do not need it, and do not notice it.",
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        help="show the page with a day of generated calls, in a folder that is deleted at the end",
    )
    parser.add_argument(
        "--page",
        metavar="ADDRESS:PORT",
        default="127.0.0.1:8781",
        help="with --demo: where the page is (default: %(default)s)",
    )
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    if args.demo:
        return _demo(args)
    with contextlib.suppress(OSError):
        os.nice(CONSOLE_NICE)
    set_up_logging(file=None, level="info", console="info")
    with opened_store(args, make=True) as opened, opened.database.only_writer(opened.node):
        asyncio.run(_serve(opened))
    return 0


def _demo(args: argparse.Namespace) -> int:
    """Set everything up in a folder, and show it until Ctrl-C."""
    from ivr_agi.console.demo.installation import keep_calling, set_up
    from ivr_agi.serve.installation import samples_folder

    set_up_logging(file=None, level="error", console="error")
    with tempfile.TemporaryDirectory(prefix="ivr-agi-console-") as folder:
        print("A day of calls is being made ...", flush=True)
        tests = samples_folder() / "config" / "flows" / "tests"
        place = set_up(Path(folder), tests, args.page)
        args.config = str(place.settings)
        with opened_store(args, make=True) as opened, opened.database.only_writer(opened.node):
            make_ingester(opened).read_all()
            print(f"http://{args.page}/   name: {place.user}   password: {place.password}")
            print("Ctrl-C ends it, and deletes it.", flush=True)
            asyncio.run(_serve(opened, beside=lambda: keep_calling(place)))
    return 0


async def _serve(
    opened: OpenedStore, beside: Callable[[], Coroutine[None, None, None]] | None = None
) -> None:
    from ivr_agi.console.outgoing import delivering, tracing
    from ivr_agi.console.process import ConsoleProcess
    from ivr_agi.console.site.application import served_page
    from ivr_agi.metrics.counting import CallMetrics
    from ivr_agi.store.retention import Retention

    settings = opened.settings
    metrics = CallMetrics(time.time())
    takers: list[Callable[[list[StoredCall], Batch], None]] = [metrics.count]

    def hand_on(stored: list[StoredCall], batch: Batch) -> None:
        for take in takers:
            take(stored, batch)

    console = ConsoleProcess(
        make_ingester(opened, hand_on),
        Retention(opened.database, opened.node, opened.places, settings.retention),
        metrics,
        deadline_s=settings.call.deadline_s,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, console.stop)
    _log.info("the journal of %s is read", opened.node)
    page = None
    if settings.console.page:
        context = make_context(opened, console.open_calls)
        page = served_page(context)
        _log.info("the page is at %s", context.origin)
    calling = asyncio.create_task(beside()) if beside is not None else None
    try:
        async with (
            tracing(settings, opened.node, metrics, os.environ) as trace,
            delivering(settings, opened.database, opened.node, metrics, os.environ),
        ):
            takers.append(lambda stored, _: trace(stored))
            await console.run(settings.console.listen, page)
    finally:
        if calling is not None:
            calling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await calling


def make_context(
    opened: OpenedStore, open_calls: Callable[[], Awaitable[list[list[Event]]]]
) -> SiteContext:
    """Return what the pages stand on.

    Args:
        opened: The store.
        open_calls: Gives the events of each call that goes on.

    Raises:
        ConfigError: The page's address will not do.
    """
    from ivr_agi.console.access.sessions import Sessions
    from ivr_agi.console.access.users import UserFile
    from ivr_agi.console.site.application import page_origin
    from ivr_agi.console.site.context import SiteContext

    settings = opened.settings
    return SiteContext(
        settings=settings,
        database=opened.database,
        caller_key=opened.caller_key,
        places=opened.places,
        zone=opened.zone,
        users=UserFile(settings.path(settings.console.users_file)),
        sessions=Sessions(
            idle_s=settings.console.idle_minutes * 60.0,
            longest_s=settings.console.session_hours * 3600.0,
        ),
        open_calls=open_calls,
        origin=page_origin(settings.console),
    )
