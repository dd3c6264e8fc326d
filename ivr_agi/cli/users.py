"""``ivr-agi users``: who may use the console's page."""

from __future__ import annotations

import getpass
import secrets
import sys
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option, add_json_flag, print_json
from ivr_agi.settings import load_settings

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands
    from ivr_agi.console.access.users import UserFile

__all__ = ("add_parser",)

ROLES = ("watch", "listen", "change", "administer")


def add_parser(commands: Commands) -> None:
    """Add the sub-command with its actions."""
    parser = add_command(commands, "users", "say who may use the console's page")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = add_command(
        actions,
        "add",
        "add a user, or give one another role and password",
        more="Without a terminal, the password is the first line of standard input.",
    )
    add.add_argument("name", metavar="NAME", help="the user")
    add.add_argument(
        "--role",
        choices=ROLES,
        default="watch",
        help="watch: calls and words; listen: recordings, too; change: drafts and notes, too; "
        "administer: who did what, too (default: %(default)s)",
    )
    add.add_argument("--generate", action="store_true", help="make a password, and print it once")
    add_config_option(add)
    add.set_defaults(run=_add)
    remove = add_command(actions, "remove", "remove a user, who is signed out at once")
    remove.add_argument("name", metavar="NAME", help="the user")
    add_config_option(remove)
    remove.set_defaults(run=_remove)
    listed = add_command(actions, "list", "list the users, with their roles")
    add_json_flag(listed)
    add_config_option(listed)
    listed.set_defaults(run=_list)


def _file(args: argparse.Namespace) -> UserFile:
    from ivr_agi.console.access.users import UserFile

    settings = load_settings(args.config)
    return UserFile(settings.path(settings.console.users_file))


def _add(args: argparse.Namespace) -> int:
    from ivr_agi.console.access.roles import Role
    from ivr_agi.console.access.users import check_new_user

    password = secrets.token_urlsafe(15) if args.generate else _ask(args.name)
    check_new_user(args.name, password)
    _file(args).add(args.name, Role[args.role.upper()], password)
    if args.generate:
        print(f"password: {password}")
    print(f"{args.name} may {args.role}")
    return 0


def _ask(name: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"New password of {name}: ")
    return sys.stdin.readline().rstrip("\r\n")


def _remove(args: argparse.Namespace) -> int:
    _file(args).remove(args.name)
    print(f"{args.name} may not use the page any more")
    return 0


def _list(args: argparse.Namespace) -> int:
    users = _file(args).users()
    if args.json:
        print_json([{"name": name, "role": user.role} for name, user in sorted(users.items())])
        return 0
    for name, user in sorted(users.items()):
        print(f"{name:24} {user.role}")
    if not users:
        print("there are no users: ivr-agi users add NAME")
    return 0
