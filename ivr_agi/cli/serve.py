"""``ivr-agi serve``: the warm server that takes calls from the launcher."""

from __future__ import annotations

import logging
import os
import resource
import socket
from typing import TYPE_CHECKING

from ivr_agi import __version__
from ivr_agi.cli.common import add_command, add_config_option, program_words, whole_number
from ivr_agi.errors import ConfigError
from ivr_agi.journal import JournalFile
from ivr_agi.log import set_up_logging
from ivr_agi.serve.board import LAYOUT, Board
from ivr_agi.serve.handover import listen_unix, listening_path
from ivr_agi.serve.memory import settle
from ivr_agi.serve.preload import load_all
from ivr_agi.serve.renewal import Renewal, inheritance
from ivr_agi.serve.resources import make_library
from ivr_agi.serve.roll import LostCall, end_lost_calls
from ivr_agi.serve.supervisor import NO_SEAT, Supervisor
from ivr_agi.serve.systemd import Given, forget, given_by_systemd, keep
from ivr_agi.serve.wiring import make_cache, make_endpoints
from ivr_agi.serve.worker import run_worker
from ivr_agi.settings import load_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ivr_agi.cli.common import Commands
    from ivr_agi.serve.renewal import Inheritance
    from ivr_agi.settings import Settings

__all__ = ("add_parser",)

_log = logging.getLogger("ivr_agi.serve")


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "serve",
        "run calls for Asterisk, many in one process; ivr-agi install makes it use this",
        epilog="SIGHUP replaces the server by what is installed now, with the settings of now; "
        "SIGTERM stops it. Both let running calls end.",
    )
    parser.add_argument(
        "--workers",
        type=whole_number(1, 64),
        metavar="N",
        help="processes that share the calls (default: serve.workers of the settings)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="only show whether a server could start with these settings; exit code 0 if so",
    )
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    _open_standard_fds()
    left = inheritance()
    settings = load_settings(args.config)
    make_endpoints(settings)  # what is wrong is told here, and not by each worker
    make_cache(settings)
    _set_up_logging(settings)
    if settings.journal.file:
        JournalFile(settings.path(settings.journal.file)).close()
    _allow_many_fds()
    load_all()
    library = make_library(settings)
    library.read_all()
    if args.check:
        print(f"ivr-agi {__version__} can serve with these settings")
        return 0
    settle()
    given = given_by_systemd() if left is None else Given()
    if left is not None:
        listener, owns_path = socket.socket(fileno=left.listener), left.owns_path
    elif given.listener is not None:
        listener, owns_path = given.listener, False
    else:
        listener, owns_path = listen_unix(settings.path(settings.serve.socket)), True
    path = listening_path(listener)
    if path != settings.path(settings.serve.socket):
        _log.warning(
            "calls come at %s: a change of serve.socket needs a restart, and ivr-agi install", path
        )
    n_workers = args.workers or settings.serve.workers
    board = _board(n_workers, left, given)
    parent = os.getpid()

    def work(number: int) -> int:
        seat = board.seat(number)
        return run_worker(listener, seat, settings, library, parent, socket_stays=not owns_path)

    def bury(number: int) -> None:
        _end_lost_calls(settings, board.roll.take(number))

    supervisor = Supervisor(
        board,
        work,
        bury=bury,
        n_workers=n_workers,
        drain_s=settings.serve.drain_s,
        renewal=Renewal(
            _command(args), listener=listener.fileno(), board=board.fds, owns_path=owns_path
        ),
        older=_older(left, board),
        leaves_workers=not owns_path,
    )
    try:
        _log.info("ivr-agi %s serves, with %d workers", __version__, n_workers)
        return supervisor.run(lambda: left or print(f"listening on {path}", flush=True))
    finally:
        listener.close()
        board.close()
        if owns_path:
            path.unlink(missing_ok=True)


def _board(n_workers: int, left: Inheritance | None, given: Given) -> Board:
    """Take over what the workers of servers before count on, or begin anew.

    systemd keeps it over a restart, from the first server on that has made it.
    """
    names = [f"{part}-{LAYOUT}" for part in ("board", "roll")]
    kept = [given.kept.pop(name) for name in names if name in given.kept]
    for name, fd in given.kept.items():  # of another layout
        os.close(fd)
        forget(name)
    if left is not None and left.board is not None:
        return Board(n_workers, left.board)
    if len(kept) == len(names):
        return Board(n_workers, (kept[0], kept[1]))
    board = Board(n_workers)
    for name, fd in zip(names, board.fds, strict=True):
        keep(name, fd)
    return board


def _older(left: Inheritance | None, board: Board) -> Sequence[tuple[int, int]]:
    if left is not None and left.board is None:
        return [(NO_SEAT, pid) for _, pid in left.workers]
    # A child that was forked just now does not yet hold its seat.
    return sorted({*board.holders(), *(left.workers if left is not None else ())})


def _command(args: argparse.Namespace) -> list[str]:
    """Return what starts this server again, in the version that is installed by then."""
    words = ["serve", *(["--config", os.path.abspath(args.config)] if args.config else [])]
    return [*program_words(), *words, *(["--workers", str(args.workers)] if args.workers else [])]


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
