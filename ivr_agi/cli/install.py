"""``ivr-agi install``: sets up everything beside Asterisk, or takes it out again."""

from __future__ import annotations

import argparse
import functools
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option, program_words
from ivr_agi.errors import ConfigError
from ivr_agi.serve.install import NAME, install_launcher, launcher_text, remove_launcher
from ivr_agi.serve.installation import Installation, plan
from ivr_agi.serve.place import find_place
from ivr_agi.settings import DEFAULT_PATH, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ivr_agi.cli.common import Commands
    from ivr_agi.serve.actions import Action

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "install",
        "set up everything beside Asterisk: launcher, settings, server, log, dialplan",
        more="It shows what it will do and asks. What is there already stays as it is.",
    )
    parser.add_argument(
        "--name",
        default=NAME,
        type=_name,
        help="name of the launcher, the server and their folders: EAGI(NAME,main_menu). One for "
        "each settings file (default: %(default)s)",
    )
    parser.add_argument("--user", default="", help="Asterisk's user (default: found out)")
    parser.add_argument("--dry-run", action="store_true", help="only show what it would do")
    parser.add_argument("-y", "--yes", action="store_true", help="do it without asking")
    parser.add_argument("--remove", action="store_true", help="take all of it out again")
    parser.add_argument(
        "--purge",
        action="store_true",
        help="with --remove: also delete settings, flows, log, journal, prompts and messages",
    )
    parser.add_argument(
        "--agi-dir",
        type=Path,
        metavar="FOLDER",
        help="only put the launcher into this folder, or remove it there",
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=Path("/"),
        metavar="FOLDER",
        help="set it up below this folder, for images; no commands are run",
    )
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _name(text: str) -> str:
    """Return a name, from which names of folders, units and files are made."""
    if re.fullmatch(r"[a-z][a-z0-9_-]{0,30}", text) is None:
        reason = f"expected small letters, digits, - and _, beginning with a letter, got {text!r}"
        raise argparse.ArgumentTypeError(reason)
    return text


def _run(args: argparse.Namespace) -> int:
    if args.agi_dir is not None:
        return _launcher_only(args)
    wanted = Installation(
        place=find_place(args.root, args.user),
        program=_program(),
        config=Path(args.config or _default_config(args.name)).absolute(),
        name=args.name,
        root=args.root,
    )
    actions = plan(wanted)
    return _remove(args, actions) if args.remove else _install(args, wanted, actions)


def _install(args: argparse.Namespace, wanted: Installation, actions: list[Action]) -> int:
    lines = [line for action in actions if (line := action.missing())]
    if not lines:
        print("there is nothing to do: all is set up")
        return 0
    print(f"for Asterisk's user {wanted.place.user}, with its files in {wanted.place.etc}:")
    print("\n".join(f"  {line}" for line in lines))
    if args.dry_run or not _agrees(args):
        return 0 if args.dry_run else 1
    failed = _each(action.do for action in actions)
    print(f"in the dialplan: same => n,EAGI({args.name},main_menu)")
    if not wanted.has_systemd:
        serve = shlex.join(["ivr-agi", "serve", "--config", str(wanted.config)])
        print(f"no systemd here: start the server as {wanted.place.user}: {serve}")
    print(f"next: edit {wanted.config}, then: ivr-agi doctor")
    return failed


def _remove(args: argparse.Namespace, actions: list[Action]) -> int:
    print("this takes out what ivr-agi install has set up" + (", and all data" * args.purge))
    gone: list[str] = []
    for action in reversed(actions):
        if line := action.removable(set(gone), purge=args.purge):
            gone.append(line)
            print(f"  {line}")
    found = (action.leftover(purge=args.purge) for action in actions)
    left = [line for line in found if line and line not in gone]
    if left:
        print("what is yours stays (--purge deletes it):")
        print("\n".join(f"  {line}" for line in left))
    if args.dry_run or not _agrees(args):
        return 0 if args.dry_run else 1

    def undo(action: Action) -> None:
        if line := action.undo(purge=args.purge):
            print(f"removed: {line}")

    return _each(functools.partial(undo, action) for action in reversed(actions))


def _each(jobs: Iterable[Callable[[], None]]) -> int:
    """Do all of them; one that fails is told, and does not keep the next from being done."""
    exit_code = 0
    for job in jobs:
        try:
            job()
        except ConfigError as exc:
            print(f"ivr-agi: {exc}", file=sys.stderr)
            exit_code = 1
    return exit_code


def _agrees(args: argparse.Namespace) -> bool:
    if args.yes:
        return True
    if not sys.stdin.isatty():
        raise ConfigError("nobody can be asked here: use --yes, or --dry-run to see what it does")
    return input("Do this? [y/N] ").strip().lower() in ("y", "yes")


def _default_config(name: str) -> Path:
    return DEFAULT_PATH if name == NAME else Path(f"/etc/{name}/{DEFAULT_PATH.name}")


def _program() -> Path:
    """Return the program by a path that stays over upgrades: not by the link that we make."""
    words = program_words()
    program = Path(words[0])
    if len(words) > 1:
        raise ConfigError("start it as a program: PATH/bin/ivr-agi install")
    if program.parent == Path("/usr/local/bin") and program.is_symlink():
        program = program.parent / program.readlink()
    return program


def _launcher_only(args: argparse.Namespace) -> int:
    folder = args.agi_dir
    if args.remove:
        path = remove_launcher(folder, args.name)
        print(f"removed: {path}" if path else f"nothing to remove in {folder}")
        return 0
    settings = load_settings(args.config)
    path = install_launcher(folder, launcher_text(settings, [*program_words(), "call"]), args.name)
    print(f"installed: {path}")
    print(f"the server is expected at: {settings.path(settings.serve.socket)}")
    config = ["--config", str(Path(args.config).absolute())] if args.config else []
    serve = shlex.join(["ivr-agi", "serve", *config])
    print(f"start it with systemd, or as Asterisk's user: {serve}")
    print(f"in the dialplan: same => n,EAGI({args.name},main_menu)")
    return 0
