"""``ivr-agi bench``: measures, prints and, with ``--json``, keeps what it found.

One file per benchmark: its options. What measures is in ``ivr_agi.bench``, imported when it runs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)

BENCHMARKS = (
    "asterisk",
    "calls",
    "launch",
    "sis",
    "flow",
    "turn",
    "noise",
    "onset",
    "soak",
)
"""Modules of this package, in the order of ``ivr-agi bench --help``."""


def add_parser(commands: Commands) -> None:
    """Add the sub-command; each benchmark is a sub-command of it."""
    parser = commands.add_parser(
        "bench",
        help="measure this machine",
        description="Measure on loopback; each number beside its target.",
    )
    benchmarks = parser.add_subparsers(required=True, metavar="BENCHMARK")
    for name in BENCHMARKS:
        importlib.import_module(f"ivr_agi.cli.bench.{name}").add_parser(benchmarks)
