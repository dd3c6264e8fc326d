"""The command line that all benchmarks here share: ``python -m benchmarks.NAME``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ivr_agi.cli.bench.common import add_json_option, show
from ivr_agi.cli.common import run_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ivr_agi.bench.report import Row

__all__ = ("ALL_BENCHMARKS", "benchmark_parser", "run_benchmark")

ALL_BENCHMARKS = {
    "answers": "what slots make of what callers say, and values said and read back",
    "flow": "turns per second of call flows in virtual time (a minute)",
    "hearing": "what the local speech server understands of people (a quarter of an hour)",
    "launch": "from EAGI() to the first command and the first sound, and what it costs (a minute)",
    "menus": "whether scores of menus mean what they say: of those taken at 0.9, 90 % are right",
    "noise": "which noises stop a prompt, and which words do not (some minutes)",
    "onset": "what turn.own_onset gains where the service is far away (some minutes)",
    "restart": "new calls while the server is reloaded, restarted and upgraded: none may be lost",
    "sentences": "how long slots take for random sentences of the grammar's words (a minute)",
    "sip": "more and more SIP calls to a real Asterisk, until something breaks (SIPp)",
    "soak": "thousands of short calls, after which everything is as it was (three minutes)",
    "streaming": "from a text's first piece to its first sound, beside waiting for all of it",
    "store": "the journal into a database, and questions to it (10 million events; some minutes)",
    "turn": "how soon a prompt is silent when the caller talks; --asterisk: on a real one",
    "wideband": "what models of 16 kHz cost beside those of 8 kHz, and what the resampler adds",
}
"""Every benchmark, and what it measures."""


def benchmark_parser(name: str, more: str = "") -> argparse.ArgumentParser:
    """Return a parser for the options of a benchmark; ``--json`` is added when it runs.

    Args:
        name: One of :data:`ALL_BENCHMARKS`.
        more: Further sentences for ``--help``.
    """
    about = ALL_BENCHMARKS[name]
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=f"{about[0].upper()}{about[1:]}. {more}",
    )


def run_benchmark(
    parser: argparse.ArgumentParser,
    measure: Callable[[argparse.Namespace], Sequence[Row]],
    argv: Sequence[str] | None,
) -> int:
    """Parse the options, measure, and show the rows; return the exit code.

    Args:
        parser: Made by :func:`benchmark_parser`.
        measure: Takes the options and returns the rows.
        argv: Arguments without the program's name; None takes the process's own.
    """
    add_json_option(parser)
    args = parser.parse_args(argv)

    def run() -> int:
        show(measure(args), args.json)
        return 0

    return run_command(parser.prog, run)
