"""``ivr-agi flow check FILE``: are these flow files right?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.flow.loader import load_flow

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = commands.add_parser("flow", help="work with call flow files")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="check flow files; errors are file:line:column")
    check.add_argument("files", nargs="+", metavar="FILE")
    check.set_defaults(run=_check)


def _check(args: argparse.Namespace) -> int:
    for file in args.files:
        flow = load_flow(Path(file))
        print(f"{file}: {len(flow.steps)} steps, no errors")
    return 0
