"""Prints what breaks the rules of the house: ``python -m tests.house``."""

from __future__ import annotations

import sys

from tests.house.checks import CHECKS, House

__all__ = ("main",)


def main() -> int:
    """Print each rule with what breaks it; 1 if anything does."""
    house = House()
    broken = 0
    for check in CHECKS:
        found = sorted(set(check(house)))
        broken += len(found)
        print(f"{check.__name__.replace('_', ' ')}: {len(found)}")  # noqa: T201
        for line in found:
            print(f"  {line}")  # noqa: T201
    print(f"modules without I/O: {len(house.cores())} of {len(house.modules)}")  # noqa: T201
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
