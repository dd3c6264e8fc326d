"""``ivr-agi bench turn``: how soon a prompt is silent when the caller talks."""

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
        "turn",
        help="how soon a prompt is silent when the caller talks (5 minutes)",
        description="Whole turns with the local speech server; each number as the caller hears it.",
    )
    parser.add_argument(
        "--turns", type=int, default=200, metavar="N", help="questions with an answer (%(default)s)"
    )
    parser.add_argument(
        "--calls", type=int, default=2, metavar="N", help="calls at the same time (%(default)s)"
    )
    add_json_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from ivr_agi.bench.turn import TurnsPlan, run_turns

    check_positive(args, "turns", "calls")
    show(asyncio.run(run_turns(TurnsPlan(args.turns, args.calls), say)), args.json)
    return 0
