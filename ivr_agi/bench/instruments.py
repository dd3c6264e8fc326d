"""The warm server with instruments: ``python -m ivr_agi.bench.instruments WHAT FILE serve ...``.

With ``profile`` the worker leaves a profile (:mod:`cProfile`, half as slow again) in FILE when it
ends; with ``tasks`` it writes the number of its asyncio tasks into FILE at each SIGUSR2.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import pstats
import runpy
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi.serve import worker

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("counting", "main", "profiled", "summary")

N_LINES = 25


def main(arguments: list[str]) -> None:
    """Run ``ivr-agi`` with these instruments in its workers; does not return."""
    what, path, *rest = arguments
    equip = profiled if what == "profile" else counting
    vars(worker)["run_worker"] = equip(worker.run_worker, Path(path))
    sys.argv[1:] = rest
    runpy.run_module("ivr_agi", run_name="__main__")


def profiled(work: Callable[..., int], path: Path) -> Callable[..., int]:
    """Wrap a function: each call of it leaves a profile in ``path``."""

    def run(*args: Any, **named: Any) -> int:
        profile = cProfile.Profile()
        try:
            return profile.runcall(work, *args, **named)
        finally:
            profile.dump_stats(path)

    return run


def counting(work: Callable[..., int], path: Path) -> Callable[..., int]:
    """Wrap a function: while it runs, SIGUSR2 makes it write the number of tasks to ``path``."""

    def run(*args: Any, **named: Any) -> int:
        signal.signal(signal.SIGUSR2, lambda *_: _count(path))
        return work(*args, **named)

    return run


def _count(path: Path) -> None:
    gc.collect()
    temporary = path.with_suffix(".new")
    temporary.write_text(f"{len(asyncio.all_tasks())}\n", encoding="ascii")
    temporary.replace(path)


def summary(path: Path) -> list[str]:
    """Return where a profile's time went: share, calls and place, the largest share first."""
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
    main(sys.argv[1:])
