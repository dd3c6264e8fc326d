"""What several sub-commands share."""

from __future__ import annotations

import argparse
import os
import pwd
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ("Commands", "add_config_option", "become_owner", "whole_number")

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What ``ArgumentParser.add_subparsers`` returns."""


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--config FILE``."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="settings file (default: $IVR_AGI_CONFIG, else /etc/ivr-agi/ivr-agi.toml)",
    )


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """Return an argument's ``type`` that takes whole numbers in these limits, inclusive."""

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


def become_owner(folder: Path) -> None:
    """As root, go on as the user whose folder it is, if that is another one.

    What we make there the calls must be able to change, and they run as that user. It also keeps
    root from following links that somebody else has put there.
    """
    if os.geteuid() != 0 or not folder.is_dir():
        return
    status = folder.stat()
    if status.st_uid == 0:
        return
    try:
        os.initgroups(pwd.getpwuid(status.st_uid).pw_name, status.st_gid)
    except KeyError:  # a user without a name
        os.setgroups([])
    os.setgid(status.st_gid)
    os.setuid(status.st_uid)
