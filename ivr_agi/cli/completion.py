"""``ivr-agi completion``: what a shell needs to complete commands, options and names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)

SHELLS = {
    "bash": "~/.local/share/bash-completion/completions/ivr-agi",
    "zsh": "a file _ivr-agi in a folder of $fpath",
    "fish": "~/.config/fish/completions/ivr-agi.fish",
}
"""Where each keeps what this prints."""


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "completion",
        "print what a shell needs to complete commands, options and names of flows",
        epilog="Write it to: " + "; ".join(f"{shell}: {place}" for shell, place in SHELLS.items()),
    )
    parser.add_argument("shell", choices=list(SHELLS), metavar="SHELL", help=", ".join(SHELLS))
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from argcomplete.shell_integration import shellcode

    print(shellcode(["ivr-agi"], shell=args.shell))
    return 0
