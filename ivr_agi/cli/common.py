"""What several sub-commands share."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ivr_agi.errors import IvrError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = (
    "Commands",
    "add_command",
    "add_config_option",
    "program_words",
    "run_command",
    "whole_number",
)

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What ``ArgumentParser.add_subparsers`` returns."""


def add_command(
    commands: Commands, name: str, about: str, *, more: str = "", epilog: str = ""
) -> argparse.ArgumentParser:
    """Add a sub-command with the same summary in the list and on its own page.

    Args:
        commands: Where to add it.
        name: Its name.
        about: What it does, without a capital letter and a full stop.
        more: Further sentences, on its page only.
        epilog: Text below the options.
    """
    page = f"{about[0].upper()}{about[1:]}. {more}"
    return commands.add_parser(name, help=about, description=page, epilog=epilog)


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--config FILE``."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="settings file (default: $IVR_AGI_CONFIG, else /etc/ivr-agi/ivr-agi.toml)",
    )


def program_words() -> list[str]:
    """Return the words that start this program again, whichever version is installed by then.

    The program's own path may be a link that an upgrade points at the new version. Python's path
    is never that link.
    """
    program = Path(sys.argv[0])
    if program.name == "ivr-agi" and program.is_absolute() and os.access(program, os.X_OK):
        return [str(program)]
    beside = Path(sys.executable).with_name("ivr-agi")
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "ivr_agi"]


def run_command(program: str, run: Callable[[], int]) -> int:
    """Run a command and return its exit code; an error is one line on standard error.

    Args:
        program: Named at the beginning of that line.
        run: The command; returns its exit code.
    """
    try:
        exit_code = run()
        sys.stdout.flush()
        return exit_code
    except IvrError as exc:
        print(f"{program}: {exc}", file=sys.stderr)
        return exc.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `ivr-agi doctor | head`: the reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        return 1


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """Return an argument's ``type`` for whole numbers within limits, inclusive."""

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = lowest - 1
        if not lowest <= number <= highest:
            reason = f"must be a whole number from {lowest} to {highest}, got {text!r}"
            raise argparse.ArgumentTypeError(reason)
        return number

    return convert
