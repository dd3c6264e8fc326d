"""``python -m benchmarks``: lists the benchmarks."""

from __future__ import annotations

import sys

from benchmarks.command import ALL_BENCHMARKS

__all__ = ("main",)


def main() -> int:
    """Print each benchmark's command and what it measures."""
    width = max(map(len, ALL_BENCHMARKS))
    for name, about in ALL_BENCHMARKS.items():
        print(f"python -m benchmarks.{name:{width}}  {about}")
    print("\nEach takes --help and --json FILE. `ivr-agi bench` has those that size a machine.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
