"""What several sub-commands share."""

from __future__ import annotations

import argparse
import enum
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ivr_agi.errors import ConfigError, IvrError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = (
    "Commands",
    "ExitCode",
    "add_command",
    "add_config_option",
    "add_json_flag",
    "complete",
    "flow_names",
    "print_json",
    "program_words",
    "run_command",
    "whole_number",
    "words_to_complete",
)

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What ``ArgumentParser.add_subparsers`` returns."""


class ExitCode(enum.IntEnum):
    """What the program's exit code says."""

    DONE = 0
    """Done; of a call also: the caller hung up."""
    FAILED = 1
    """Something failed, or what was checked is not as it should be."""
    USAGE = 2
    """Wrong usage, or a mistake in a file or a setting."""
    UNAVAILABLE = 3
    """A package is not installed, or the speech service cannot be used."""
    WARNINGS = 4
    """`doctor`: only warnings."""
    INTERRUPTED = 130
    """Ended with Ctrl-C."""


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


def add_json_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def print_json(value: Any) -> None:
    """Print a result for programs."""
    import json  # a call is not to wait for it

    print(json.dumps(value, indent=1, ensure_ascii=False))


def flow_names(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Return the flows of the settings, to complete a name in a shell (argcomplete)."""
    from ivr_agi.settings import load_settings

    try:
        folder = load_settings(getattr(parsed_args, "config", None)).flows_dir
    except ConfigError:
        return []
    return [file.stem for file in folder.glob("[!_]*.yaml") if file.stem.startswith(prefix)]


def words_to_complete() -> list[str]:
    """Return the words before the one that a shell wants completed, without the program."""
    line = os.environ.get("COMP_LINE", "")
    words = line.split()[1:]
    return words if line[-1:].isspace() else words[:-1]


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that wants to complete a word, and exit."""
    import argcomplete

    argcomplete.autocomplete(parser)


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
    except ConfigError as exc:
        for line in exc.lines():
            print(f"{program}: {line}", file=sys.stderr)
        return exc.exit_code
    except IvrError as exc:
        print(f"{program}: {exc}", file=sys.stderr)
        return exc.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # `ivr-agi doctor | head`: the reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        return ExitCode.FAILED


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
