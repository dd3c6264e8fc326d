"""``ivr-agi bench soak``: thousands of calls, and what they leave behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ivr_agi.cli.bench.common import add_json_option, check_positive, say, show
from ivr_agi.cli.common import add_command

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(benchmarks: Commands) -> None:
    """Add the benchmark."""
    parser = add_command(
        benchmarks, "soak", "thousands of short calls, after which everything is as it was"
    )
    parser.add_argument(
        "--calls", type=int, default=10_000, metavar="N", help="how many (%(default)s)"
    )
    add_json_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from benchmarks.soak import SoakPlan, run

    check_positive(args, "calls")
    show(asyncio.run(run(SoakPlan(args.calls), say)), args.json)
    return 0
