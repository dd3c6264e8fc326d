"""``ivr-agi serve``: the warm server that takes calls from the launcher."""

from __future__ import annotations

import logging
import os
import resource
import signal
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option, whole_number
from ivr_agi.errors import ConfigError
from ivr_agi.flow.load.library import FlowLibrary
from ivr_agi.journal import open_journal
from ivr_agi.log import set_up_logging
from ivr_agi.serve.board import Board
from ivr_agi.serve.handover import listen_unix, listening_path
from ivr_agi.serve.memory import settle
from ivr_agi.serve.roll import LostCall, end_lost_calls
from ivr_agi.serve.supervisor import Supervisor
from ivr_agi.serve.systemd import listener_from_systemd
from ivr_agi.serve.wiring import make_cache, make_endpoints
from ivr_agi.serve.worker import run_worker
from ivr_agi.settings import load_settings

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands
    from ivr_agi.settings import Settings

__all__ = ("add_parser",)

_log = logging.getLogger("ivr_agi.serve")


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "serve",
        "run calls for Asterisk, many in one process; ivr-agi install makes it use this",
        epilog="SIGHUP reads settings and flows again; SIGTERM lets running calls end.",
    )
    parser.add_argument(
        "--workers",
        type=whole_number(1, 64),
        metavar="N",
        help="processes that share the calls (default: serve.workers of the settings)",
    )
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    _open_standard_fds()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what is to be read is read just now
    try:
        return _serve(args)
    finally:
        signal.signal(signal.SIGHUP, before)


def _serve(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    make_endpoints(settings)  # what is wrong is told here, and not by each worker
    make_cache(settings)
    _set_up_logging(settings)
    if settings.journal.file:
        os.close(open_journal(settings.path(settings.journal.file)))
    _allow_many_fds()
    given = listener_from_systemd()
    listener = given or listen_unix(settings.path(settings.serve.socket))
    path = listening_path(listener)
    n_workers = args.workers or settings.serve.workers
    board = Board(n_workers)
    parent = os.getpid()

    def reload() -> Settings:
        return load_settings(args.config)

    def work(number: int) -> int:
        return run_worker(listener, board.seat(number), settings, library, reload, parent)

    def bury(number: int) -> None:
        _end_lost_calls(settings, board.roll.take(number))

    library = FlowLibrary(settings.flows_dir, copies=settings.spool_dir / "flows")
    library.read_all()
    settle()
    try:
        supervisor = Supervisor(board, work, drain_s=settings.serve.drain_s, bury=bury)
        return supervisor.run(lambda: print(f"listening on {path}", flush=True))
    finally:
        listener.close()
        board.close()
        if given is None:
            path.unlink(missing_ok=True)


def _set_up_logging(settings: Settings) -> None:
    log_file = settings.path(settings.log.file) if settings.log.file else None
    set_up_logging(file=log_file, level=settings.log.level, console="info")


def _end_lost_calls(settings: Settings, lost: list[LostCall]) -> None:
    """Have an end in the journal for each call that a worker took with it."""
    if not lost or not settings.journal.file:
        return
    try:
        n_ended = end_lost_calls(settings.path(settings.journal.file), lost)
    except (ConfigError, OSError) as exc:
        _log.error("the journal lacks the ends of %d calls: %s", len(lost), exc)
    else:
        if n_ended:
            _log.info("the journal has the ends of %d lost calls", n_ended)


def _open_standard_fds() -> None:
    """Have them: the pipe of a call that got the number of one would take what is printed."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number


def _allow_many_fds() -> None:
    """A call has about five; the usual limit of 1024 is soft."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
