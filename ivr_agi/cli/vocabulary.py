"""``ivr-agi vocabulary``: hot-word tables, one for each menu of a flow, or for a script."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option
from ivr_agi.errors import ConfigError, SpeechError
from ivr_agi.flow.load.loader import find_flow, load_program
from ivr_agi.serve.ownership import as_owner
from ivr_agi.serve.vocabulary_sync import compare_vocabularies, sync_vocabularies, sync_words
from ivr_agi.serve.wiring import make_endpoints
from ivr_agi.settings import load_settings
from ivr_agi.sis.client.vocabularies import list_vocabularies

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from ivr_agi.cli.common import Commands
    from ivr_agi.settings import Settings
    from ivr_agi.sis.access.endpoint import Endpoint

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(commands, "vocabulary", "hot-word tables of the speech service")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    sync = add_command(
        actions, "sync", "make or update the tables of a flow's menus, and of the flows it calls"
    )
    what = sync.add_mutually_exclusive_group(required=True)
    what.add_argument("flow", nargs="?", help="name of the flow: its file without .yaml")
    what.add_argument(
        "--words",
        nargs="+",
        metavar="WORD",
        help="make the table for the words of a script's ask()",
    )
    sync.add_argument(
        "--prune",
        action="store_true",
        help="delete the tables of steps that the flow no longer has",
    )
    sync.add_argument(
        "--check",
        action="store_true",
        help="change nothing; say which tables are gone or stale, with exit code 1",
    )
    add_config_option(sync)
    sync.set_defaults(run=_sync)
    show = add_command(actions, "list", "show the tables of the account, at every endpoint")
    add_config_option(show)
    show.set_defaults(run=_list)


def _sync(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    if args.words:
        if args.prune:
            raise ConfigError("belongs to a flow: a list of words has no steps", key="--prune")
        if args.check:
            raise ConfigError("belongs to a flow", key="--check")

        async def sync_list(endpoint: Endpoint) -> None:
            vocabulary_id = await sync_words(endpoint, args.words, settings.spool_dir)
            print(f"{', '.join(args.words)}: {vocabulary_id}")

        return _at_each(settings, sync_list)
    program = load_program(find_flow(args.flow, settings.flows_dir))
    if args.check:
        wrong: list[str] = []

        async def compare(endpoint: Endpoint) -> None:
            for name, flow in program.flows.items():
                found = await compare_vocabularies(endpoint, name, flow, settings.spool_dir)
                wrong.extend(f"{name}.{step}: {what}" for step, what in found.items())

        exit_code = _at_each(settings, compare)
        print("\n".join(wrong) or "every menu's table is there, with the words of the flow")
        return exit_code or int(bool(wrong))

    async def sync(endpoint: Endpoint) -> None:
        for name, flow in program.flows.items():
            ids = await sync_vocabularies(
                endpoint, name, flow, settings.spool_dir, prune=args.prune
            )
            for step, vocabulary_id in ids.items():
                print(f"{name}.{step}: {vocabulary_id}")

    return _at_each(settings, sync)


def _list(args: argparse.Namespace) -> int:
    async def show(endpoint: Endpoint) -> None:
        for table in await list_vocabularies(endpoint):
            print(f"{table.vocabulary_id}  {table.name}  {table.description}")

    return _at_each(load_settings(args.config), show)


def _at_each(settings: Settings, work: Callable[[Endpoint], Awaitable[None]]) -> int:
    with as_owner(settings.spool_dir):
        return asyncio.run(_do_at_each(make_endpoints(settings), work))


async def _do_at_each(
    endpoints: list[Endpoint], work: Callable[[Endpoint], Awaitable[None]]
) -> int:
    """Do the work at every endpoint, even if one before it is down."""
    exit_code = 0
    for endpoint in endpoints:
        if len(endpoints) > 1:
            print(f"{endpoint.url}:")
        try:
            await work(endpoint)
        except SpeechError as exc:
            print(f"ivr-agi: {exc}", file=sys.stderr)
            exit_code = exc.exit_code
    return exit_code
