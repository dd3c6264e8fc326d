"""``ivr-agi bench flow``: turns of call flows in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.cli.bench.common import add_json_option, check_positive, say, show

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(benchmarks: Commands) -> None:
    """Add the benchmark."""
    parser = benchmarks.add_parser(
        "flow",
        help="turns per second of call flows in virtual time (some ten seconds)",
        description="Rehearsed calls on one core: through everything, and the engine alone.",
    )
    parser.add_argument(
        "--turns",
        type=int,
        default=1000,
        metavar="N",
        help="turns of each measurement (%(default)s)",
    )
    add_json_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from benchmarks.flow import Plan, run

    check_positive(args, "turns")
    show(run(Plan(turns=args.turns), say), args.json)
    return 0
