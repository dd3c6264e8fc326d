"""``ivr-agi bench``: measures a machine, prints the numbers and, with ``--json``, keeps them.

One file per benchmark: its options. What measures is in ``ivr_agi.bench``, imported when it runs.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)

BENCHMARKS = ("calls", "turn", "sis")
"""Modules of this package, in the order of ``ivr-agi bench --help``."""
MOVED = {name: name for name in ("flow", "launch", "noise", "onset", "soak")} | {"asterisk": "sip"}
"""Benchmarks that only a checkout of the source has: ``python -m benchmarks.NAME``."""


def add_parser(commands: Commands) -> None:
    """Add the sub-command; each benchmark is a sub-command of it."""
    parser = commands.add_parser(
        "bench",
        help="measure this machine",
        description="Measure on loopback; each number beside its target.",
        epilog="What measures ivr-agi itself is in its source: python -m benchmarks",
    )
    benchmarks = parser.add_subparsers(required=True, metavar="BENCHMARK")
    for name in BENCHMARKS:
        importlib.import_module(f"ivr_agi.cli.bench.{name}").add_parser(benchmarks)
    for name, module in MOVED.items():
        # Without help it is not listed; with this prefix every option is a positional argument.
        moved = benchmarks.add_parser(name, add_help=False, prefix_chars="\0")
        moved.add_argument("options", nargs="*")
        moved.set_defaults(run=functools.partial(_refer, name, module))


def _refer(name: str, module: str, _: argparse.Namespace) -> int:
    raise ConfigError(
        f"`bench {name}` is now `python -m benchmarks.{module}`, in a checkout of the source"
    )
