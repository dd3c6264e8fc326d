"""The warm server, looked into: ``python -m ivr_agi.bench.observed WHAT FILE serve ...``.

``profile``: the worker leaves a profile (:mod:`cProfile`, half as slow again) in FILE when it ends.
``tasks``: it writes into FILE how many asyncio tasks there are, at each SIGUSR1.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import pstats
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi import cli
from ivr_agi.cli import serve
from ivr_agi.serve.worker import run_worker

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("counting", "main", "profiled", "summary")

N_LINES = 25


def main(arguments: list[str]) -> int:
    """Run the tool, its workers observed."""
    what, path, *rest = arguments
    observe = profiled if what == "profile" else counting
    vars(serve)["run_worker"] = observe(run_worker, Path(path))
    return cli.main(rest)


def profiled(work: Callable[..., int], path: Path) -> Callable[..., int]:
    """The same function; each call of it leaves a profile in ``path``."""

    def run(*args: Any) -> int:
        profile = cProfile.Profile()
        try:
            return profile.runcall(work, *args)
        finally:
            profile.dump_stats(path)

    return run


def counting(work: Callable[..., int], path: Path) -> Callable[..., int]:
    """The same function; at SIGUSR1 it collects garbage and writes the number of tasks."""

    def run(*args: Any) -> int:
        signal.signal(signal.SIGUSR1, lambda *_: _count(path))
        return work(*args)

    return run


def _count(path: Path) -> None:
    gc.collect()
    temporary = path.with_suffix(".new")
    temporary.write_text(f"{len(asyncio.all_tasks())}\n", encoding="ascii")
    temporary.replace(path)


def summary(path: Path) -> list[str]:
    """Where a profile's time went: share of it, calls, place; the most first."""
    stats: Any = pstats.Stats(str(path))
    total = sum(own for _, _, own, _, _ in stats.stats.values())
    waiting = sum(own for (_, _, name), (_, _, own, _, _) in stats.stats.items() if "poll" in name)
    busy = max(total - waiting, 1e-9)
    found = sorted(stats.stats.items(), key=lambda item: -item[1][2])
    return [
        f"{100 * own / busy:5.1f} %  {n_calls:9d} calls  {_place(*place)}"
        for place, (_, n_calls, own, _, _) in found
        if "poll" not in place[2]
    ][:N_LINES]


def _place(file: str, line: int, name: str) -> str:
    if file == "~":
        return name.strip("<>")
    parts = Path(file).parts
    return f"{'/'.join(parts[-3:])}:{line} {name}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
