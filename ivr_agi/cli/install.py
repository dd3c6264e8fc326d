"""``ivr-agi install``: installs the launcher in Asterisk's AGI folder, or removes it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option
from ivr_agi.serve.install import find_agi_dir, install_launcher, launcher_text, remove_launcher
from ivr_agi.settings import load_settings

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands, "install", "put the launcher into Asterisk's AGI folder: EAGI(ivr-agi,main_menu)"
    )
    parser.add_argument(
        "--agi-dir",
        type=Path,
        metavar="FOLDER",
        help="where Asterisk looks for AGI programs (default: astagidir of asterisk.conf)",
    )
    parser.add_argument("--remove", action="store_true", help="remove it from there")
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    folder = args.agi_dir or find_agi_dir()
    if args.remove:
        path = remove_launcher(folder)
        print(f"removed: {path}" if path else f"nothing to remove in {folder}")
        return 0
    settings = load_settings(args.config)
    path = install_launcher(folder, launcher_text(settings, _program(args.config)))
    print(f"installed: {path}")
    print(f"the server is expected at: {settings.path(settings.serve.socket)}")
    print(
        "start it with systemd, or as Asterisk's user: "
        + shlex.join(["ivr-agi", "serve", *_config(args.config)])
    )
    print("in the dialplan: same => n,EAGI(ivr-agi,main_menu)")
    return 0


def _program(config: str | None) -> list[str]:
    """Return what runs a call: the program beside our Python, or ``python -m ivr_agi``."""
    script = Path(sys.executable).with_name("ivr-agi")
    words = [str(script)] if script.exists() else [sys.executable, "-m", "ivr_agi"]
    return [*words, "call", *_config(config)]


def _config(config: str | None) -> list[str]:
    return ["--config", str(Path(config).absolute())] if config else []
