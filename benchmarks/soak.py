"""``python -m benchmarks.soak``: thousands of short calls, and what they leave behind. Shell.

Each caller hears the beginning of the prompt and hangs up. What the server keeps of them would be
seen: open files, threads, tasks, memory. It is looked at first after calls of which as many were up
at the same time as will ever be: how much memory those took is told, too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import benchmark_parser, run_benchmark
from ivr_agi.bench.calls import a_site
from ivr_agi.bench.processes import cpu_seconds, memory_kb
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.cli.bench.common import check_positive, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from ivr_agi.bench.calls import Site

__all__ = ("SoakPlan", "Soaked", "main", "run_soak", "soak_rows")

WARM_UP_ROUNDS = 10
"""Times all calls that are up at a time, until caches and the allocator's pools are full."""
SETTLED_AFTER_S = 3.0
"""Seconds for the sockets of the last call to close."""
TASKS = "tasks"


@dataclass(frozen=True)
class SoakPlan:
    """How much to measure."""

    calls: int = 10_000
    at_a_time: int = 40
    hang_up_after_s: float = 0.5
    ramp_per_s: float = 60.0
    """New calls a second, at most."""


@dataclass(frozen=True)
class Soaked:
    """Resources of the server at rest."""

    fds: int
    threads: int
    tasks: int
    memory_kb: float


async def run_soak(plan: SoakPlan, say: Callable[[str], None]) -> list[Row]:
    """Soak; three minutes for 10,000 calls.

    Raises:
        IvrError: A process did not start.
    """
    async with a_site(observe=TASKS) as site:
        fresh = await _look(site)
        before = await _warm_up(site, plan, say)
        cpu = cpu_seconds(site.server_pid)
        ended = await _make_calls(site, plan, plan.calls, say)
        cpu = cpu_seconds(site.server_pid) - cpu
        after = await _look(site)
    return soak_rows(fresh, before, after, ended, 1000 * cpu / plan.calls)


def soak_rows(
    fresh: Soaked, before: Soaked, after: Soaked, statuses: dict[str, int], cpu_ms: float
) -> list[Row]:
    """What is left of so many calls.

    Args:
        fresh: The server before its first call.
        before: After the warm-up.
        after: After all calls.
        statuses: How these ended.
        cpu_ms: What one took.
    """
    n_calls = sum(statuses.values())
    how = ", ".join(f"{status} {n}" for status, n in sorted(statuses.items()))
    kept_kb = after.memory_kb - before.memory_kb
    return [
        row("soak_calls", "calls", [n_calls], meaning=f"IVR_STATUS of them: {how}"),
        row("soak_fds", "fds", [after.fds - before.fds], Target(p50=0), "open files more"),
        row("soak_threads", "threads", [after.threads - before.threads], meaning="threads more"),
        row("soak_tasks", "tasks", [after.tasks - before.tasks], Target(p50=0), "tasks more"),
        row("soak_memory", "KB", [kept_kb], Target(p50=1024),
            f"resident memory more, of {before.memory_kb:.0f} KB"),
        row("soak_warm_up", "KB", [before.memory_kb - fresh.memory_kb],
            meaning=f"resident memory after the warm-up more than {fresh.memory_kb:.0f} KB before "
            "the first call: all calls that are up at a time, ten times"),
        row("soak_cpu", "ms", [cpu_ms], meaning="processor time of the server for such a call"),
    ]  # fmt: skip


async def _warm_up(site: Site, plan: SoakPlan, say: Callable[[str], None]) -> Soaked:
    """Make the first calls, long enough for all of them to be up at the same time."""
    together_s = plan.at_a_time / plan.ramp_per_s + 2 * plan.hang_up_after_s
    first = replace(plan, hang_up_after_s=together_s)
    await _make_calls(site, first, WARM_UP_ROUNDS * plan.at_a_time, say)
    return await _look(site)


async def _make_calls(
    site: Site, plan: SoakPlan, n_calls: int, say: Callable[[str], None]
) -> dict[str, int]:
    how = site.how | {
        "ramp_per_s": plan.ramp_per_s,
        "hang_up_after_s": plan.hang_up_after_s,
        "again": n_calls - plan.at_a_time,
    }
    await site.callers.ask(calls=min(plan.at_a_time, n_calls), **how)
    statuses: dict[str, int] = {}
    while (n_ended := sum(statuses.values())) < n_calls:
        await asyncio.sleep(1)
        report = await site.callers.ask()
        await site.service.ask()  # what it remembers of frames is not looked at
        if report["refused"] or (n_ended and not report["ended"] and not report["calls"]):
            statuses["refused"] = statuses.get("refused", 0) + report["refused"]
            break
        for status, n in report["statuses"].items():
            statuses[status] = statuses.get(status, 0) + n
    say(f"{sum(statuses.values())} calls")
    return statuses


async def _look(site: Site) -> Soaked:
    await asyncio.sleep(SETTLED_AFTER_S)
    path = site.folder / TASKS
    path.unlink(missing_ok=True)
    os.kill(site.server_pid, signal.SIGUSR2)
    await asyncio.sleep(1.0)
    process = Path(f"/proc/{site.server_pid}")
    return Soaked(
        fds=len(list((process / "fd").iterdir())),
        threads=len(list((process / "task").iterdir())),
        tasks=int(path.read_text(encoding="ascii")),
        memory_kb=memory_kb(site.server_pid),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("soak")
    parser.add_argument(
        "--calls", type=int, default=10_000, metavar="N", help="how many (%(default)s)"
    )
    return run_benchmark(parser, _measure_asked, argv)


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "calls")
    return asyncio.run(run_soak(SoakPlan(args.calls), say))


if __name__ == "__main__":
    sys.exit(main())
