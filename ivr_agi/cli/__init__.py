"""The command line tool ``ivr-agi``: one file per sub-command.

Exit codes: 0 normal or hang-up, 1 failure, 2 usage or configuration, 3 a package or the speech
service is missing. An error is one line on standard error.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import TYPE_CHECKING

from ivr_agi import __version__
from ivr_agi.cli.common import run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("main",)

COMMANDS = (
    "bench",
    "call",
    "demo",
    "doctor",
    "flow",
    "install",
    "prompts",
    "serve",
    "slots",
    "speech_server",
    "vocabulary",
)
"""Modules of this package; ``speech_server`` is ``ivr-agi speech-server``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool.

    Args:
        argv: Arguments without the program's name; ``None`` takes the process's own.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        prog="ivr-agi", description="A speech IVR for Asterisk in one dialplan line."
    )
    parser.add_argument("--version", action="version", version=f"ivr-agi {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in _named(sys.argv[1:] if argv is None else argv):
        importlib.import_module(f"ivr_agi.cli.{name}").add_parser(commands)
    args = parser.parse_args(argv)
    return run_command("ivr-agi", lambda: int(args.run(args)))


def _named(argv: Sequence[str]) -> Sequence[str]:
    """The command that is asked for, else all: a call is not to wait for what others import."""
    name = argv[0].replace("-", "_") if argv else ""
    return (name,) if name in COMMANDS else COMMANDS
