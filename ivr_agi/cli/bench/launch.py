"""``ivr-agi bench launch``: from EAGI() to the first command and the first sound."""

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
        benchmarks,
        "launch",
        "from EAGI() to the first command and the first sound, and what it costs",
    )
    parser.add_argument(
        "--launches",
        type=int,
        default=50,
        metavar="N",
        help="launches of each program (%(default)s)",
    )
    add_json_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from benchmarks.launch import run

    check_positive(args, "launches")
    show(asyncio.run(run(args.launches, say)), args.json)
    return 0
