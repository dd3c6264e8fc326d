"""``python -m benchmarks.restart``: new calls all the time, while the server is replaced. Shell.

Reloads and restarts take turns, and upgrades and the way back where an older version is named.
Every call must end as its flow says: one that is refused, or whose end comes too early, is counted.
The calls come from the simulator, or go through a real Asterisk.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from benchmarks.command import benchmark_parser, run_benchmark
from benchmarks.restart_sites import asterisk_site, simulator_site
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.cli.bench.common import check_positive, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Sequence

__all__ = ("RestartPlan", "RestartSite", "main", "restart_rows", "run_restarts")

LONG_EVERY = 10
"""Every so manyth call is a long one, that outlives two servers."""
PATIENCE_S = 700.0
"""Seconds for the last calls to end."""


@dataclass(frozen=True)
class RestartPlan:
    """How much to measure."""

    seconds: float = 60.0
    """At least; on a slow machine until it was replaced in each way."""
    calls_per_s: float = 20.0
    every_s: float = 5.0
    """Seconds between two replacements."""


class Manager(Protocol):
    """Replaces the server; :class:`benchmarks.service_manager.ServiceManager`."""

    @property
    def status(self) -> str:
        """What ``systemctl status`` shows of it."""

    async def reload(self) -> None:
        """``systemctl reload``."""

    async def restart(self) -> None:
        """``systemctl restart``."""


class RestartSite(Protocol):
    """Where calls are made; made by a function of :mod:`benchmarks.restart_sites`."""

    @property
    def manager(self) -> Manager:
        """Replaces the server."""

    @property
    def versions(self) -> Sequence[str]:
        """What the link may name, the one that it names now first."""

    async def call(self, flow: str) -> str:
        """Call the flow ``short`` or ``long``; return ``IVR_STATUS``, with ``IVR_ERROR``."""

    def link(self, version: str) -> None:
        """Have the link name another version."""


async def run_restarts(
    site: RestartSite, plan: RestartPlan, say: Callable[[str], None]
) -> list[Row]:
    """Call and replace.

    Raises:
        ServiceFailed: The server did not come back.
    """
    calls: list[asyncio.Task[str]] = []
    took: dict[str, list[float]] = {}
    async with _replacing(site, plan, took, say) as is_through:
        begin = time.monotonic()
        for number in itertools.count():
            if number >= round(plan.seconds * plan.calls_per_s) and is_through():
                break
            await asyncio.sleep(max(0.0, begin + number / plan.calls_per_s - time.monotonic()))
            flow = "long" if number % LONG_EVERY == 0 else "short"
            calls.append(asyncio.create_task(site.call(flow)))
    async with asyncio.timeout(PATIENCE_S):
        ends = Counter(await asyncio.gather(*calls))
    return restart_rows(ends, took)


@contextlib.asynccontextmanager
async def _replacing(
    site: RestartSite,
    plan: RestartPlan,
    took: dict[str, list[float]],
    say: Callable[[str], None],
) -> AsyncIterator[Callable[[], bool]]:
    """Replace again and again; yields whether each kind of it was seen, or it has failed."""
    kinds = ["reload", "restart", *(["upgrade"] if len(site.versions) > 1 else [])]

    async def replace() -> None:
        others = itertools.cycle([*site.versions[1:], site.versions[0]])
        for kind in itertools.cycle(kinds):
            await asyncio.sleep(plan.every_s)
            if kind == "upgrade":
                site.link(version := next(others))
                say(f"upgrade to {version}")
            began = time.monotonic()
            await (site.manager.restart() if kind == "restart" else site.manager.reload())
            took.setdefault(kind, []).append(time.monotonic() - began)
            say(f"{kind}: {took[kind][-1]:.2f} s; {site.manager.status}")

    task = asyncio.create_task(replace())
    try:
        yield lambda: task.done() or took.keys() >= {*kinds}
    finally:
        if task.done():
            task.result()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def restart_rows(ends: Counter[str], took: dict[str, list[float]]) -> list[Row]:
    """What became of the calls.

    Args:
        ends: How they ended, ``COMPLETED`` or another status with its reason.
        took: Seconds of each replacement, by kind.
    """
    refused = sum(n for end, n in ends.items() if end.startswith("REFUSED"))
    lost = ends.total() - refused - ends["COMPLETED"]
    how = ", ".join(f"{end} {n}" for end, n in sorted(ends.items()))
    return [
        row("restart_calls", "calls", [ends.total()], meaning=f"how they ended: {how}"),
        row("restart_refused", "calls", [refused], Target(p50=0), "calls that were refused"),
        row("restart_cut_off", "calls", [lost], Target(p50=0), "calls that were cut off"),
        *(
            row(
                f"restart_{kind}", "s", seconds, meaning=f"until the server is ready after a {kind}"
            )
            for kind, seconds in took.items()
        ),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return the exit code."""
    parser = benchmark_parser("restart", "Exit code 1 if a call was refused or cut off.")
    parser.add_argument("--seconds", type=float, default=RestartPlan.seconds, metavar="S")
    parser.add_argument(
        "--rate",
        type=float,
        default=RestartPlan.calls_per_s,
        metavar="N",
        help="new calls a second",
    )
    parser.add_argument(
        "--every",
        type=float,
        default=RestartPlan.every_s,
        metavar="S",
        help="seconds between two replacements (%(default)s)",
    )
    parser.add_argument(
        "--older", metavar="REVISION", help="also upgrade from this revision, and back (git)"
    )
    parser.add_argument(
        "--asterisk", action="store_true", help="through a real Asterisk (Debian, root)"
    )
    measured: list[Row] = []

    def measure(args: argparse.Namespace) -> list[Row]:
        measured.extend(_measure(args))
        return measured

    code = run_benchmark(parser, measure, argv)
    return code or int(any(each.is_met is False for each in measured))


def _measure(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "seconds", "rate", "every")
    plan = RestartPlan(args.seconds, args.rate, args.every)
    with tempfile.TemporaryDirectory(prefix="ivr-agi-restart-") as folder:
        site = asterisk_site if args.asterisk else simulator_site

        async def measure() -> list[Row]:
            async with site(Path(folder), args.older) as here:
                return await run_restarts(here, plan, say)

        return asyncio.run(measure())


if __name__ == "__main__":
    sys.exit(main())
