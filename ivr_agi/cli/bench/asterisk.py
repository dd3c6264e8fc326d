"""``ivr-agi bench asterisk``: more and more SIP calls to a real Asterisk."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.bench.common import add_json_option, check_positive, numbers, say, show
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(benchmarks: Commands) -> None:
    """Add the benchmark."""
    parser = benchmarks.add_parser(
        "asterisk",
        help="real SIP calls to a real Asterisk, with SIPp",
        description="More and more calls at a time, until something breaks. Without --sip on an "
        "Asterisk of its own, fetched once (Debian, root, a checkout). Needs SIPp.",
    )
    parser.add_argument(
        "--sip", metavar="HOST:PORT", help="an Asterisk that runs, with the IVR behind it"
    )
    parser.add_argument(
        "--extension", default="100", metavar="NUMBER", help="number that is called (%(default)s)"
    )
    parser.add_argument(
        "--at", type=numbers, metavar="N,N,...", help="numbers of calls (default: up to 500)"
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=20.0,
        metavar="N",
        help="new calls a second (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=15.0,
        metavar="S",
        help="seconds of each step (%(default)s)",
    )
    parser.add_argument(
        "--watch",
        action="append",
        default=[],
        metavar="NAME=PID",
        help="a process whose processor time is told; may be given again",
    )
    parser.add_argument("--journal", type=Path, metavar="FILE", help="the server's journal")
    add_json_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from benchmarks.sip import SipPlan, run
    from benchmarks.sip_site import run_on_asterisk

    check_positive(args, "rate", "seconds")
    host, _, port = (args.sip or "127.0.0.1:5060").rpartition(":")
    try:
        watched = {name: int(pid) for name, _, pid in (each.partition("=") for each in args.watch)}
        plan = SipPlan(
            host,
            int(port),
            args.extension,
            SipPlan.ladder if args.at is None else args.at,
            args.seconds,
            args.rate,
            watched,
            args.journal,
        )
    except ValueError as exc:
        raise ConfigError("expected HOST:PORT and NAME=PID, with numbers") from exc
    rows = asyncio.run(run(plan, say)) if args.sip else run_on_asterisk(plan, say)
    show(rows, args.json)
    return 0
