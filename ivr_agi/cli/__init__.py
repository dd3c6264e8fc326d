"""The command line tool ``ivr-agi``: one file per sub-command.

Exit codes: 0 normal or hang-up, 1 failure, 2 usage or configuration, 3 a package or the speech
service is missing. An error is one line on standard error.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ivr_agi import __version__
from ivr_agi.cli import bench, call, demo, flow, prompts, speech_server, vocabulary
from ivr_agi.errors import IvrError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("main",)


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
    for module in (bench, call, demo, flow, prompts, speech_server, vocabulary):
        module.add_parser(commands)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except IvrError as exc:
        print(f"ivr-agi: {exc}", file=sys.stderr)
        return exc.exit_code
    except KeyboardInterrupt:
        return 130
