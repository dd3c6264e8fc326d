"""``ivr-agi bench``: measures, prints and, with ``--json``, keeps what it found."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi.cli.common import whole_number
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
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
    _add_asterisk(benchmarks)
    _add_calls(benchmarks)
    _add_launch(benchmarks)
    _add_sis(benchmarks)
    _add_flow(benchmarks)
    _add_turn(benchmarks)
    _add_noise(benchmarks)
    _add_onset(benchmarks)
    _add_soak(benchmarks)


def _add_calls(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        "calls",
        help="how many calls one core of the warm server carries, at what cost (ten minutes)",
        description="Simulated calls over real pipes; the server on one core, Asterisk and the "
        "speech service on another. The same with a plain script beside it.",
    )
    parser.add_argument(
        "--at", type=_numbers, metavar="N,N,...", help="numbers of calls (default: up to 1000)"
    )
    parser.add_argument(
        "--baseline-at",
        type=_numbers,
        metavar="N,N,...",
        help="the same for the plain script (default: up to 200); 0: without it",
    )
    parser.add_argument(
        "--seconds", type=float, default=15.0, metavar="S", help="of each step (%(default)s)"
    )
    parser.add_argument(
        "--stall",
        type=float,
        default=2.0,
        metavar="S",
        help="stop the speech service for so long; 0: not at all (%(default)s)",
    )
    parser.add_argument(
        "--profile",
        type=whole_number(1, 1000),
        metavar="N",
        help="only say where the time goes, with N calls",
    )
    parser.add_argument("--png", type=Path, metavar="FILE", help="draw cost against calls")
    _add_json(parser)
    parser.set_defaults(run=_run_calls)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = sorted(int(word) for word in text.split(","))
    except ValueError as exc:
        reason = f"must be whole numbers with commas between, got {text!r}"
        raise argparse.ArgumentTypeError(reason) from exc
    return tuple(number for number in numbers if number > 0)


def _run_calls(args: argparse.Namespace) -> int:
    from ivr_agi.bench.calls import CallsPlan, profile, run
    from ivr_agi.bench.processes import machine

    if args.profile:
        print("\n".join(asyncio.run(profile(args.profile, args.seconds, _say))))
        return 0
    if args.seconds <= 0:
        raise ConfigError("must be more than 0", key="--seconds")
    ladder = CallsPlan.ladder if args.at is None else args.at
    baseline = CallsPlan.baseline if args.baseline_at is None else args.baseline_at
    plan = CallsPlan(ladder, baseline, args.seconds, stall_s=args.stall)
    found = asyncio.run(run(plan, _say))
    _show(found.rows, args.json, found.points)
    if args.png is not None:
        from ivr_agi.bench.picture import draw_costs

        draw_costs(args.png, found.steps, found.baseline, title=machine())
    return 0


def _add_asterisk(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        "asterisk",
        help="real SIP calls to a real Asterisk, with SIPp",
        description="More and more calls at a time, until something breaks. Without --sip on an "
        "Asterisk of its own, fetched once (Debian, root, a checkout). Needs SIPp.",
    )
    parser.add_argument(
        "--sip", metavar="HOST:PORT", help="an Asterisk that runs, with the IVR behind it"
    )
    parser.add_argument("--extension", default="100", metavar="NUMBER", help="(%(default)s)")
    parser.add_argument("--at", type=_numbers, metavar="N,N,...", help="numbers of calls")
    parser.add_argument(
        "--rate", type=float, default=20.0, metavar="N", help="new calls a second (%(default)s)"
    )
    parser.add_argument(
        "--seconds", type=float, default=15.0, metavar="S", help="of each step (%(default)s)"
    )
    parser.add_argument(
        "--watch",
        action="append",
        default=[],
        metavar="NAME=PID",
        help="a process whose processor time is told; may be given again",
    )
    parser.add_argument("--journal", type=Path, metavar="FILE", help="the server's journal")
    _add_json(parser)
    parser.set_defaults(run=_run_asterisk)


def _run_asterisk(args: argparse.Namespace) -> int:
    from ivr_agi.bench.sip import SipPlan, run
    from ivr_agi.bench.sip_site import run_on_asterisk

    host, _, port = (args.sip or "127.0.0.1:5060").rpartition(":")
    try:
        watched = {name: int(pid) for name, _, pid in (each.partition("=") for each in args.watch)}
        plan = SipPlan(
            host,
            int(port),
            args.extension,
            SipPlan.ladder if args.at is None else args.at,
            args.seconds,
            args.rate,
            watched,
            args.journal,
        )
    except ValueError as exc:
        raise ConfigError("expected HOST:PORT and NAME=PID, with numbers") from exc
    rows = asyncio.run(run(plan, _say)) if args.sip else run_on_asterisk(plan, _say)
    _show(rows, args.json)
    return 0


def _add_launch(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        "launch", help="from EAGI() to the first command and the first sound, and what it costs"
    )
    parser.add_argument(
        "--launches", type=int, default=50, metavar="N", help="of each program (%(default)s)"
    )
    _add_json(parser)
    parser.set_defaults(run=_run_launch)


def _run_launch(args: argparse.Namespace) -> int:
    from ivr_agi.bench.launch import run

    if args.launches <= 0:
        raise ConfigError("must be more than 0", key="--launches")
    _show(asyncio.run(run(args.launches, _say)), args.json)
    return 0


def _add_soak(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        "soak", help="thousands of short calls, after which everything is as it was"
    )
    parser.add_argument("--calls", type=int, default=10_000, metavar="N", help="(%(default)s)")
    _add_json(parser)
    parser.set_defaults(run=_run_soak)


def _run_soak(args: argparse.Namespace) -> int:
    from ivr_agi.bench.soak import SoakPlan, run

    if args.calls <= 0:
        raise ConfigError("must be more than 0", key="--calls")
    _show(asyncio.run(run(SoakPlan(args.calls), _say)), args.json)
    return 0


def _say(line: str) -> None:
    """What goes on, apart from the result."""
    print(line, file=sys.stderr, flush=True)


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


def _add_flow(benchmarks: Commands) -> None:
    parser = benchmarks.add_parser(
        "flow",
        help="turns per second of call flows in virtual time (some ten seconds)",
        description="Rehearsed calls on one core: through everything, and the engine alone.",
    )
    parser.add_argument(
        "--turns", type=int, default=1000, metavar="N", help="of each measurement (%(default)s)"
    )
    _add_json(parser)
    parser.set_defaults(run=_run_flow)


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
    rows = run_on_asterisk(plan, _say) if args.asterisk else asyncio.run(run(plan, _say))
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
    _show(run(args.seconds, args.words, _say), args.json)
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
    _show(onset_rows(args.words, _say), args.json)
    return 0


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")


def _run_sis(args: argparse.Namespace) -> int:
    from ivr_agi.bench.sis import Plan, run

    for key in ("silent", "talking", "clients", "seconds"):
        if getattr(args, key) <= 0:
            raise ConfigError("must be more than 0", key=f"--{key}")
    plan = Plan(args.silent, args.talking, args.clients, args.seconds)
    rows = asyncio.run(run(plan, _say))
    _show(rows, args.json)
    return 0


def _run_flow(args: argparse.Namespace) -> int:
    from ivr_agi.bench.flow import Plan, run

    if args.turns <= 0:
        raise ConfigError("must be more than 0", key="--turns")
    _show(run(Plan(turns=args.turns), _say), args.json)
    return 0


def _show(rows: Sequence[Row], path: Path | None, more: dict[str, Any] | None = None) -> None:
    """Print the rows, and write them as JSON, with ``more`` beside them."""
    from ivr_agi.bench.processes import machine
    from ivr_agi.bench.report import as_json, as_text

    print(as_text(machine(), rows))
    if path is None:
        return
    try:
        path.write_text(
            json.dumps(as_json(machine(), rows) | (more or {}), indent=1) + "\n", encoding="utf-8"
        )
    except OSError as exc:
        raise ConfigError(f"cannot write: {exc.strerror}", path=str(path)) from exc
