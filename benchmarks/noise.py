"""``python -m benchmarks.noise``: what stops a prompt and should not, and what should.

Real calls in virtual time (:mod:`benchmarks.acoustics`). The prompt is the demo's voice, and says
the choices of its menu: the worst that an echo can bring back.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.acoustics import AcousticCalls, AcousticTally, Echo
from benchmarks.command import benchmark_parser, run_benchmark
from benchmarks.noises import (
    LINE_DBFS,
    at_level,
    noise_set,
    pink,
    to_pcm,
    to_samples,
    white,
)
from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.bench.report import Row, row
from ivr_agi.bench.signals import ACCOUNT_BALANCE, TECHNICAL_SUPPORT, onset_s
from ivr_agi.cli.bench.common import check_positive, say
from ivr_agi.dialogue.turn.outcomes import Heard

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from ivr_agi.audio.levels import Samples

__all__ = (
    "PHRASES",
    "Spoken",
    "echo_rows",
    "make_calls",
    "main",
    "noise_rows",
    "prompt",
    "run_noise",
    "speak",
    "speech_rows",
)

PHRASES = ("account balance", "technical support")
_VOICES = (ACCOUNT_BALANCE, TECHNICAL_SUPPORT)
PROMPT_TEXT = "technical support, or account balance, technical support, or account balance"
PROMPT_DBFS, CALLER_DBFS = -22.0, -26.0
SHORT_TIMEOUT_S = 1.0
"""Of a turn that nobody answers: short, for most of a call to be prompt."""
FASTER = 1.07
"""The caller's speed and pitch against the prompt's."""
MISSED_S = 0.8
"""A prompt that goes on so long after the caller's onset has not heard the caller."""
ECHOES_DB = (-15, -20, -30)
ECHO_DELAYS_MS = (20, 60, 120, 200)


@dataclass(frozen=True)
class Spoken:
    """A word over a prompt, and what is on the line with it."""

    name: str = ""
    level_db: float = 0.0
    """Against a usual caller."""
    noise: Callable[[int, float, np.random.Generator], Samples] = white
    noise_dbfs: float = LINE_DBFS
    echo_db: float | None = None
    """Level of the prompt that comes back, against the prompt."""


def make_calls(timeout_s: float = SHORT_TIMEOUT_S) -> AcousticCalls:
    """Return what makes the calls.

    Args:
        timeout_s: ``turn.timeout_s``.

    Raises:
        MissingDependency: The extra ``local`` is not installed.
    """
    return AcousticCalls(PHRASES, prompt(), PROMPT_TEXT, timeout_s=timeout_s)


def run_noise(seconds: float, trials: int, say: Callable[[str], None]) -> list[Row]:
    """The whole table: noises, echo, and what is missed of speech.

    Args:
        seconds: Of each noise.
        trials: Words in each condition.
        say: Takes a line of progress.
    """
    with make_calls() as calls:
        say(f"noises, {seconds:g} s of each")
        rows = noise_rows(calls, seconds)
        say("echo of the prompt")
        rows += echo_rows(calls, seconds)
        say(f"speech over the prompt, {trials} words in each condition")
        return rows + speech_rows(calls, trials)


def prompt() -> bytes:
    """Nine seconds of speech with pauses."""
    gap = np.zeros(SAMPLE_RATE_HZ // 3)
    parts = [to_samples(TECHNICAL_SUPPORT), gap, to_samples(ACCOUNT_BALANCE), gap] * 3
    return to_pcm(at_level(np.concatenate(parts), PROMPT_DBFS))


def noise_rows(calls: AcousticCalls, seconds: float) -> list[Row]:
    """Stops and resumes a minute of prompt, under each noise."""
    rows = []
    for name, sound in noise_set(seconds).items():
        rows += _rates(name, [calls.call(sound)])
    return rows


def echo_rows(calls: AcousticCalls, seconds: float) -> list[Row]:
    """The same where the line gives the prompt back: 15, 20, 30 dB softer, 20 to 200 ms late."""
    rows = []
    for return_db in ECHOES_DB:
        tallies = []
        for delay_ms in ECHO_DELAYS_MS:
            n = round(seconds / len(ECHO_DELAYS_MS) * SAMPLE_RATE_HZ)
            quiet = white(n, LINE_DBFS, np.random.default_rng(delay_ms))
            tallies.append(calls.call(quiet, echo=Echo(return_db, delay_ms)))
        rows += _rates(f"echo {return_db} dB", tallies)
    return rows


def _rates(name: str, tallies: Sequence[AcousticTally]) -> list[Row]:
    minutes = sum(tally.played_s for tally in tallies) / 60
    outcomes = [outcome for tally in tallies for outcome in tally.outcomes]
    counts = {
        "stopped": sum(len(tally.stops) for tally in tallies),
        "resumed": sum(len(tally.resumes) for tally in tallies),
        "taken for an answer": sum(isinstance(outcome, Heard) for outcome in outcomes),
    }
    return [row(f"{name}: {what}", "per min", [n / minutes]) for what, n in counts.items()]


def speech_rows(calls: AcousticCalls, trials: int) -> list[Row]:
    """Words over the prompt: how many did not stop it, and how soon the others did."""
    conditions = [Spoken(f"speech {level} dB, quiet line", level) for level in (0, -12, -24)]
    conditions += [
        Spoken(f"speech, {kind.__name__} noise, SNR {snr} dB", 0, kind, CALLER_DBFS - snr)
        for kind in (white, pink)
        for snr in (20, 10, 5)
    ]
    conditions += [
        Spoken(f"speech {level} dB over echo {return_db} dB", level, echo_db=return_db)
        for return_db in ECHOES_DB
        for level in (0, -12)
    ]
    rows = []
    for spoken in conditions:
        found = [speak(calls, number, spoken)[0] for number in range(trials)]
        rows += _speech_rows(spoken.name, found)
    return rows


def _speech_rows(name: str, stopped_s: list[float | None]) -> list[Row]:
    times = [1000 * after for after in stopped_s if after is not None]
    missed = 100 * (len(stopped_s) - len(times)) / len(stopped_s)
    return [
        row(f"{name}: missed", "%", [missed]),
        row(f"{name}: onset to stop", "ms", times),
    ]


def _faster(samples: Samples) -> Samples:
    """The same words by another speaker: the prompt's own recording would be its echo."""
    at = np.arange(0, samples.size - 1, FASTER)
    faster: Samples = np.interp(at, np.arange(samples.size), samples)
    return faster


def speak(
    calls: AcousticCalls,
    number: int,
    spoken: Spoken,
    *,
    delay_s: float = 0.0,
    own_onset: bool = False,
) -> tuple[float | None, int]:
    """Say one word over a prompt.

    Args:
        calls: Makes the call.
        number: Of the trial: it has a voice, a moment and a delay of the echo of its own.
        spoken: How loud, over what.
        delay_s: There and back to the service.
        own_onset: ``turn.own_onset``.

    Returns:
        Seconds until the prompt had stopped (None: the word was missed), and false stops.
    """
    rng = np.random.default_rng(number)
    pcm = _VOICES[number % len(_VOICES)]
    voice = at_level(_faster(to_samples(pcm)), CALLER_DBFS + spoken.level_db)
    lead = round(rng.uniform(1.0, 2.5) * SAMPLE_RATE_HZ)
    heard = spoken.noise(lead + voice.size + SAMPLE_RATE_HZ, spoken.noise_dbfs, rng)
    heard[lead : lead + voice.size] += voice
    delay_ms = ECHO_DELAYS_MS[number % len(ECHO_DELAYS_MS)]
    echo = None if spoken.echo_db is None else Echo(spoken.echo_db, delay_ms)
    tally = calls.call(heard, echo=echo, delay_s=delay_s, own_onset=own_onset)
    onset = lead / SAMPLE_RATE_HZ + onset_s(pcm) / FASTER
    stops = [at for at in tally.stops if at >= onset]
    is_heard = bool(stops) and stops[0] - onset <= MISSED_S
    return (stops[0] - onset if is_heard else None), len(tally.resumes)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("noise")
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
    return run_benchmark(parser, _measure_asked, argv)


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "seconds", "words")
    return run_noise(args.seconds, args.words, say)


if __name__ == "__main__":
    sys.exit(main())
