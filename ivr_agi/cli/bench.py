"""``ivr-agi bench``: measures, prints and, with ``--json``, keeps what it found."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ivr_agi.bench.report import Row
    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command; each benchmark is a sub-command of it."""
    parser = commands.add_parser(
        "bench",
        help="measure this machine",
        description="Measure on loopback; each number beside its target.",
    )
    benchmarks = parser.add_subparsers(required=True, metavar="BENCHMARK")
    _add_sis(benchmarks)
    _add_turn(benchmarks)
    _add_noise(benchmarks)
    _add_onset(benchmarks)


def _add_sis(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        "sis",
        help="the speech server under load, latencies, the client's cost (about a minute)",
        description="The local speech server on one core, its callers on another.",
    )
    parser.add_argument("--silent", type=int, default=50, metavar="N", help="(%(default)s)")
    parser.add_argument("--talking", type=int, default=8, metavar="N", help="(%(default)s)")
    parser.add_argument("--clients", type=int, default=100, metavar="N", help="(%(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=20.0, metavar="S", help="of each load (%(default)s)"
    )
    _add_json(parser)
    parser.set_defaults(run=_run_sis)


def _add_turn(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        "turn",
        help="how soon a prompt is silent when the caller talks (5 minutes)",
        description="Whole turns with the local speech server; each number as the caller hears it.",
    )
    parser.add_argument("--turns", type=int, default=200, metavar="N", help="(%(default)s)")
    parser.add_argument(
        "--calls", type=int, default=2, metavar="N", help="at the same time (%(default)s)"
    )
    parser.add_argument(
        "--asterisk",
        action="store_true",
        help="on a real Asterisk, in place of the simulator (Debian, root, a checkout)",
    )
    _add_json(parser)
    parser.set_defaults(run=_run_turn)


def _run_turn(args: argparse.Namespace) -> int:
    from ivr_agi.bench.turn import Plan, run, run_on_asterisk

    for key in ("turns", "calls"):
        if getattr(args, key) <= 0:
            raise ConfigError("must be more than 0", key=f"--{key}")
    plan = Plan(args.turns, args.calls)
    rows = run_on_asterisk(plan, _progress) if args.asterisk else asyncio.run(run(plan, _progress))
    _show(rows, args.json)
    return 0


def _add_noise(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        "noise",
        help="which noises stop a prompt, which words do not (2 minutes)",
        description="Turns in virtual time with the local server's engines.",
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="S", help="of each noise (%(default)s)"
    )
    parser.add_argument(
        "--words", type=int, default=40, metavar="N", help="in each condition (%(default)s)"
    )
    _add_json(parser)
    parser.set_defaults(run=_run_noise)


def _run_noise(args: argparse.Namespace) -> int:
    from ivr_agi.bench.noise import run

    for key in ("seconds", "words"):
        if getattr(args, key) <= 0:
            raise ConfigError("must be more than 0", key=f"--{key}")
    _show(run(args.seconds, args.words, _progress), args.json)
    return 0


def _add_onset(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        "onset",
        help="what turn.own_onset gains where the service is far away",
        description="Words over a prompt in virtual time, the service 0, 50, 150 ms away.",
    )
    parser.add_argument(
        "--words", type=int, default=100, metavar="N", help="in each condition (%(default)s)"
    )
    _add_json(parser)
    parser.set_defaults(run=_run_onset)


def _run_onset(args: argparse.Namespace) -> int:
    from ivr_agi.bench.noise import onset_rows

    if args.words <= 0:
        raise ConfigError("must be more than 0", key="--words")
    _show(onset_rows(args.words, _progress), args.json)
    return 0


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")


def _run_sis(args: argparse.Namespace) -> int:
    from ivr_agi.bench.sis import Plan, run

    for key in ("silent", "talking", "clients", "seconds"):
        if getattr(args, key) <= 0:
            raise ConfigError("must be more than 0", key=f"--{key}")
    plan = Plan(args.silent, args.talking, args.clients, args.seconds)
    rows = asyncio.run(run(plan, _progress))
    _show(rows, args.json)
    return 0


def _show(rows: Sequence[Row], path: Path | None) -> None:
    from ivr_agi.bench.processes import machine
    from ivr_agi.bench.report import as_json, as_text

    print(as_text(machine(), rows))
    if path is None:
        return
    try:
        path.write_text(json.dumps(as_json(machine(), rows), indent=1) + "\n", encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"cannot write: {exc.strerror}", path=str(path)) from exc
