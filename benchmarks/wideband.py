"""What recognition models of 16 kHz cost beside those of 8 kHz. Shell.

First the resampler alone: how late it makes a stream, and what a message takes. Then whole calls on
one core of the warm server (``ivr-agi bench calls``), with models of either rate by turns.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.command import benchmark_parser, run_benchmark
from ivr_agi.audio.frames import FRAME_BYTES, SAMPLE_RATE_HZ, ms_to_bytes
from ivr_agi.audio.wideband import WIDEBAND_RATE_HZ, Downsampler, Upsampler
from ivr_agi.bench.calls import NARROW_MODEL, a_site, climb
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.cli.bench.common import check_positive, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from ivr_agi.bench.load_steps import LoadStep

__all__ = ("delay_ms", "main", "run_wideband")

WIDE_MODEL = "english_16k_general"
MESSAGE_MS = 100
"""Length of most messages of a call."""
MESSAGES = 2000
MOST_DELAY_MS = 2.0
MOST_SHARE = 1.1
"""A tenth of the CPU per call and second."""


def delay_ms(convert: Callable[[bytes], bytes], rate_hz: int, converted_hz: int) -> float:
    """Return how late a converter makes a stream: where a click's peak comes out."""
    samples = np.zeros(rate_hz // 10, "<i2")
    at = samples.size // 2
    samples[at] = 20_000
    audio, frame = samples.tobytes(), FRAME_BYTES
    out = b"".join(convert(audio[at : at + frame]) for at in range(0, len(audio), frame))
    found = int(np.argmax(np.abs(np.frombuffer(out, "<i2").astype(int))))
    return 1000 * (found / converted_hz - at / rate_hz)


async def run_wideband(
    n_calls: int, seconds: float, rounds: int, say: Callable[[str], None]
) -> list[Row]:
    """Measure the resampler, and calls of both rates by turns.

    Raises:
        IvrError: A process did not start.
    """
    rows = _converters()
    steps: dict[str, list[LoadStep]] = {NARROW_MODEL: [], WIDE_MODEL: []}
    for _ in range(rounds):
        for model, found in steps.items():
            say(model)
            async with a_site(model=model) as site:
                found += await climb(site, (n_calls,), seconds, say)
    narrow, wide = steps[NARROW_MODEL], steps[WIDE_MODEL]
    cpu_8k, cpu_16k = [[step.cpu_ms for step in found] for found in (narrow, wide)]
    ages_8k, ages_16k = [
        [age for step in found for age in step.frame_ms] for found in (narrow, wide)
    ]
    late_ms = delay_ms(Upsampler().convert, SAMPLE_RATE_HZ, WIDEBAND_RATE_HZ)
    added_ms = [late_ms + took_us / 1000 for took_us in _message_us(Upsampler, SAMPLE_RATE_HZ)]
    calls = f"{n_calls} calls"
    return [
        *rows,
        row("cpu_8k", "ms per call and s", cpu_8k, meaning=f"server, {calls}, model of 8 kHz"),
        row("cpu_16k", "ms per call and s", cpu_16k, meaning=f"server, {calls}, model of 16 kHz"),
        row(
            "cpu_16k_to_8k", "times", [sum(cpu_16k) / sum(cpu_8k)], Target(p50=MOST_SHARE),
            "the second by the first",
        ),
        row("frame_to_socket_8k", "ms", ages_8k, meaning="frame on fd 3 to its bytes on socket"),
        row("frame_to_socket_16k", "ms", ages_16k, meaning="the same at 16 kHz"),
        row(
            "added_latency", "ms", added_ms, Target(p99=MOST_DELAY_MS),
            "the resampler's delay, and its work on a message",
        ),
    ]  # fmt: skip


def _converters() -> list[Row]:
    rows = []
    for name, kind, rate_hz, converted_hz in (
        ("upsampler", Upsampler, SAMPLE_RATE_HZ, WIDEBAND_RATE_HZ),
        ("downsampler", Downsampler, WIDEBAND_RATE_HZ, SAMPLE_RATE_HZ),
    ):
        late_ms = delay_ms(kind().convert, rate_hz, converted_hz)
        took_us = _message_us(kind, rate_hz)
        rows += [
            row(f"{name}_delay", "ms", [late_ms], Target(p50=MOST_DELAY_MS), "where a click is"),
            row(f"{name}_message", "us", took_us, meaning=f"a message of {MESSAGE_MS} ms"),
        ]
    return rows


def _message_us(kind: type[Upsampler | Downsampler], rate_hz: int) -> list[float]:
    noise = np.random.default_rng(0).standard_normal(ms_to_bytes(MESSAGE_MS)) * 1000
    message = noise.astype("<i2").tobytes()[: ms_to_bytes(MESSAGE_MS) * rate_hz // 8000]
    convert, took_us = kind().convert, []
    for _ in range(MESSAGES):
        began = time.perf_counter()
        convert(message)
        took_us.append(1e6 * (time.perf_counter() - began))
    return took_us


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the options, measure, and show."""
    parser = benchmark_parser("wideband", "Two cores, no other load.")
    parser.add_argument("--calls", type=int, default=200, metavar="N", help="calls (%(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=15.0, metavar="S", help="of each step (%(default)s)"
    )
    parser.add_argument(
        "--rounds", type=int, default=2, metavar="N", help="steps of each rate (%(default)s)"
    )

    def measure(args: argparse.Namespace) -> list[Row]:
        check_positive(args, "calls", "seconds", "rounds")
        return asyncio.run(run_wideband(args.calls, args.seconds, args.rounds, say))

    return run_benchmark(parser, measure, argv)


if __name__ == "__main__":
    sys.exit(main())
