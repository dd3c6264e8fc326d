"""``python -m ivr_agi.bench.profiled FILE serve ...``: the warm server, with its time written down.

The worker leaves a profile (:mod:`cProfile`, half as fast again) in FILE when it ends.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi import cli
from ivr_agi.cli import serve
from ivr_agi.serve.worker import run_worker

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("main", "profiled", "summary")

N_LINES = 25


def main(arguments: list[str]) -> int:
    """Run the tool, its workers profiled."""
    path, *rest = arguments
    vars(serve)["run_worker"] = profiled(run_worker, Path(path))
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


def summary(path: Path) -> list[str]:
    """Where the time went: share of it, calls a second cannot be told, place; the most first."""
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
