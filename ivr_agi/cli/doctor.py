"""``ivr-agi doctor``: checks everything that a call needs, and says how to fix what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option
from ivr_agi.doctor.console import Console
from ivr_agi.doctor.examine import Questions, examine
from ivr_agi.doctor.findings import exit_code, findings_as_json, findings_as_text

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
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=_run)


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
            print(findings_as_text([finding]), flush=True)

    found = examine(questions, tell)
    if args.json:
        print(json.dumps(findings_as_json(found), indent=1))
    return exit_code(found)
