"""``ivr-agi bench onset``: what our own onset detector gains with a service far away."""

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
        "onset",
        help="what turn.own_onset gains where the service is far away",
        description="Words over a prompt in virtual time, the service 0, 50, 150 ms away.",
    )
    parser.add_argument(
        "--words", type=int, default=100, metavar="N", help="words in each condition (%(default)s)"
    )
    add_json_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from benchmarks.noise import onset_rows

    check_positive(args, "words")
    show(onset_rows(args.words, say), args.json)
    return 0
