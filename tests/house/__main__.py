"""Prints what breaks the rules of the house: ``python -m tests.house``."""

from __future__ import annotations

import sys

from tests.house.checks import CHECKS, House, new

__all__ = ("main",)


def main() -> int:
    """Print each rule with what breaks it; 1 if something new does."""
    house = House()
    failed = 0
    for check in CHECKS:
        rule = check.__name__
        found = sorted(set(check(house)))
        unknown = set(new(found, rule))
        failed |= bool(unknown)
        print(f"{rule.replace('_', ' ')}: {len(found)}")  # noqa: T201
        for line in found:
            print(f"  {line}{'   <- new' if line in unknown else ''}")  # noqa: T201
    print(f"modules without I/O: {len(house.cores())} of {len(house.modules)}")  # noqa: T201
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
