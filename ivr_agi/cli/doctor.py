"""``ivr-agi doctor``: checks everything that a call needs, and says how to fix what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option, add_json_flag, print_json
from ivr_agi.cli.terminal import Colour, paint
from ivr_agi.doctor.console import Console
from ivr_agi.doctor.examine import Questions, examine
from ivr_agi.doctor.findings import (
    Severity,
    exit_code,
    findings_as_json,
    findings_as_text,
)

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands
    from ivr_agi.doctor.findings import Finding

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "doctor",
        "check everything that a call needs, and say how to fix what is wrong",
        epilog="Exit code: 0 all is well, 4 only warnings, 1 errors. Run it as the user that runs "
        "ivr-agi, on Asterisk's machine.",
    )
    add_config_option(parser)
    parser.add_argument(
        "--call",
        default="100@ivr",
        metavar="EXTENSION@CONTEXT",
        help="number that leads to the IVR (%(default)s)",
    )
    parser.add_argument(
        "--no-call", action="store_true", help="do not make a call through Asterisk"
    )
    parser.add_argument("--no-start", action="store_true", help="do not contact the speech service")
    parser.add_argument("--no-asterisk", action="store_true", help="do not contact Asterisk")
    parser.add_argument(
        "--asterisk", default="asterisk", metavar="PROGRAM", help="Asterisk (%(default)s)"
    )
    parser.add_argument(
        "--asterisk-config", default="", metavar="FILE", help="its asterisk.conf (default: its own)"
    )
    add_json_flag(parser)
    parser.set_defaults(run=_run)


_COLOURS = {
    Severity.GOOD: Colour.GREEN,
    Severity.WARNING: Colour.YELLOW,
    Severity.ERROR: Colour.RED,
}


def _paint(word: str, severity: Severity) -> str:
    return paint(word, _COLOURS[severity])


def _run(args: argparse.Namespace) -> int:
    program = "" if args.no_asterisk else args.asterisk
    questions = Questions(
        config=args.config,
        console=Console(program, args.asterisk_config),
        number=args.call,
        calls=not args.no_call,
        starts=not args.no_start,
    )

    def tell(finding: Finding) -> None:
        if not args.json:
            print(findings_as_text([finding], _paint), flush=True)

    found = examine(questions, tell)
    if args.json:
        print_json(findings_as_json(found))
    return exit_code(found)
