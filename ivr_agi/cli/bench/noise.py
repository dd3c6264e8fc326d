"""``ivr-agi bench noise``: which noises stop a prompt."""

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
        "noise",
        help="which noises stop a prompt, which words do not (2 minutes)",
        description="Turns in virtual time with the local server's engines.",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=60.0,
        metavar="S",
        help="seconds of each noise (%(default)s)",
    )
    parser.add_argument(
        "--words", type=int, default=40, metavar="N", help="words in each condition (%(default)s)"
    )
    add_json_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from benchmarks.noise import run

    check_positive(args, "seconds", "words")
    show(run(args.seconds, args.words, say), args.json)
    return 0
