"""``ivr-agi bench sis``: the local speech server under load, and our client's cost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ivr_agi.cli.bench.common import add_json_option, check_positive, say, show

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(benchmarks: Commands) -> None:
    """Add the benchmark."""
    parser = benchmarks.add_parser(
        "sis",
        help="the speech server under load, latencies, the client's cost (about a minute)",
        description="The local speech server on one core, its callers on another.",
    )
    parser.add_argument(
        "--silent",
        type=int,
        default=50,
        metavar="N",
        help="sessions that stream silence (%(default)s)",
    )
    parser.add_argument(
        "--talking",
        type=int,
        default=8,
        metavar="N",
        help="sessions that speak at once (%(default)s)",
    )
    parser.add_argument(
        "--clients",
        type=int,
        default=100,
        metavar="N",
        help="sessions of our own client (%(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=20.0,
        metavar="S",
        help="seconds of each load (%(default)s)",
    )
    add_json_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from ivr_agi.bench.sis import SisPlan, run_sis

    check_positive(args, "silent", "talking", "clients", "seconds")
    plan = SisPlan(args.silent, args.talking, args.clients, args.seconds)
    show(asyncio.run(run_sis(plan, say)), args.json)
    return 0
