"""``ivr-agi bench calls``: more and more calls on one core of the warm server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.bench.common import add_json_option, check_positive, numbers, say, show
from ivr_agi.cli.common import whole_number

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(benchmarks: Commands) -> None:
    """Add the benchmark."""
    parser = benchmarks.add_parser(
        "calls",
        help="how many calls one core of the warm server carries, at what cost (ten minutes)",
        description="Simulated calls over real pipes; the server on one core, Asterisk and the "
        "speech service on another. The same with a plain script beside it.",
    )
    parser.add_argument(
        "--at", type=numbers, metavar="N,N,...", help="numbers of calls (default: up to 1000)"
    )
    parser.add_argument(
        "--baseline-at",
        type=numbers,
        metavar="N,N,...",
        help="the same for the plain script (default: up to 200); 0: without it",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=15.0,
        metavar="S",
        help="seconds of each step (%(default)s)",
    )
    parser.add_argument(
        "--stall",
        type=float,
        default=2.0,
        metavar="S",
        help="stop the speech service for so many seconds; 0: not at all (%(default)s)",
    )
    parser.add_argument(
        "--profile",
        type=whole_number(1, 1000),
        metavar="N",
        help="only say where the time goes, with N calls",
    )
    parser.add_argument("--png", type=Path, metavar="FILE", help="draw cost against calls")
    add_json_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from ivr_agi.bench.calls import CallsPlan, profile, run_calls
    from ivr_agi.bench.processes import machine

    if args.profile:
        print("\n".join(asyncio.run(profile(args.profile, args.seconds, say))))
        return 0
    check_positive(args, "seconds")
    ladder = CallsPlan.ladder if args.at is None else args.at
    baseline = CallsPlan.baseline if args.baseline_at is None else args.baseline_at
    plan = CallsPlan(ladder, baseline, args.seconds, stall_s=args.stall)
    found = asyncio.run(run_calls(plan, say))
    show(found.rows, args.json, found.points)
    if args.png is not None:
        from ivr_agi.bench.chart import draw_costs

        draw_costs(args.png, found.steps, found.baseline, title=machine())
    return 0
