"""What several benchmarks share: options, progress, results."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.bench.report import Row

__all__ = ("add_json_option", "check_positive", "numbers", "say", "show")


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--json FILE``."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")


def numbers(text: str) -> tuple[int, ...]:
    """An argument's ``type`` that takes ``10,50,100``: ascending, without zero."""
    try:
        found = sorted(int(word) for word in text.split(","))
    except ValueError as exc:
        reason = f"must be whole numbers with commas between, got {text!r}"
        raise argparse.ArgumentTypeError(reason) from exc
    return tuple(number for number in found if number > 0)


def check_positive(args: argparse.Namespace, *options: str) -> None:
    """Take only numbers above 0 in these options.

    Raises:
        ConfigError: Names the first that is not.
    """
    for option in options:
        if getattr(args, option) <= 0:
            raise ConfigError("must be more than 0", key=f"--{option}")


def say(line: str) -> None:
    """Print what goes on, apart from the result."""
    print(line, file=sys.stderr, flush=True)


def show(rows: Sequence[Row], path: Path | None, more: dict[str, Any] | None = None) -> None:
    """Print the rows, and write them as JSON, with ``more`` beside them.

    Raises:
        ConfigError: The file cannot be written.
    """
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
