"""``python -m benchmarks.onset``: what our own onset detector gains with a service far away."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.command import benchmark_parser, run_benchmark
from benchmarks.noise import Spoken, make_calls, speak
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.cli.bench.common import check_positive, say
from ivr_agi.settings import Settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

__all__ = ("main", "onset_rows")


def onset_rows(
    trials: int,
    say: Callable[[str], None] = lambda _: None,
    delays_ms: Iterable[int] = (0, 50, 150),
) -> list[Row]:
    """The caller's onset until the prompt is stopped, by the service's word and by our own.

    Args:
        trials: Words in each condition.
        say: Takes a line of progress.
        delays_ms: There and back to the service.
    """
    rows = []
    with make_calls(Settings().turn.timeout_s) as calls:
        for delay_ms in delays_ms:
            for own_onset in (False, True):
                kind = "own onset" if own_onset else "its VOICE_START"
                say(f"service {delay_ms} ms away, {kind}")
                spoken = [
                    speak(calls, n, Spoken(), delay_s=delay_ms / 1000, own_onset=own_onset)
                    for n in range(trials)
                ]
                times = [1000 * after for after, _ in spoken if after is not None]
                false = sum(n_resumed for _, n_resumed in spoken)
                meaning = f"{trials - len(times)} missed, {false} resumed for nothing"
                name = f"{'own_onset' if own_onset else 'voice_start'}, {delay_ms} ms away"
                rows.append(row(name, "ms", times, Target(p50=150, p95=250), meaning))
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("onset")
    parser.add_argument(
        "--words", type=int, default=100, metavar="N", help="words in each condition (%(default)s)"
    )
    return run_benchmark(parser, _measure_asked, argv)


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "words")
    return onset_rows(args.words, say)


if __name__ == "__main__":
    sys.exit(main())
