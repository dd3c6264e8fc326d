"""``ivr-agi vocabulary``: hot-word tables, one for each menu of a flow, or for a script."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.cli.common import (
    add_command,
    add_config_option,
    add_json_flag,
    flow_names,
    print_json,
)
from ivr_agi.cli.terminal import progress
from ivr_agi.errors import ConfigError, SpeechError
from ivr_agi.flow.load.loader import find_flow, load_program
from ivr_agi.serve.ownership import as_owner
from ivr_agi.serve.vocabulary_sync import (
    compare_vocabularies,
    compare_words,
    models_of_flow,
    sync_vocabularies,
    sync_words,
)
from ivr_agi.serve.wiring import make_endpoints
from ivr_agi.settings import load_settings
from ivr_agi.sis.client.vocabularies import list_vocabularies

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from ivr_agi.cli.common import Commands
    from ivr_agi.flow.file.model import Program
    from ivr_agi.settings import Settings
    from ivr_agi.sis.access.endpoint import Endpoint

__all__ = ("add_parser",)

_Row = dict[str, object]
"""One line of what a command found or made."""


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(commands, "vocabulary", "hot-word tables of the speech service")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    sync = add_command(
        actions, "sync", "make or update the tables of a flow's menus, and of the flows it calls"
    )
    what = sync.add_mutually_exclusive_group(required=True)
    flow = what.add_argument("flow", nargs="?", help="name of the flow: its file without .yaml")
    flow.completer = flow_names  # type: ignore[attr-defined]  # argcomplete's
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
    add_json_flag(sync)
    sync.set_defaults(run=_sync)
    show = add_command(actions, "list", "show the tables of the account, at every endpoint")
    add_config_option(show)
    add_json_flag(show)
    show.set_defaults(run=_list)


def _sync(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    if args.words:
        if args.prune:
            raise ConfigError("belongs to a flow: a list of words has no steps", key="--prune")
        if args.check:
            return _check_words(args, settings)

        async def sync_list(endpoint: Endpoint) -> list[_Row]:
            vocabulary_id = await sync_words(
                endpoint,
                args.words,
                settings.spool_dir,
                model=settings.recognition.property,
                tell=_warn,
            )
            return [{"words": args.words, "id": vocabulary_id}]

        return _at_each(settings, sync_list, args, "{words}: {id}")
    program = load_program(find_flow(args.flow, settings.flows_dir))
    if args.check:
        return _check(args, settings, program)

    n_jobs = len(program.flows) * (1 + len(settings.speech.endpoints))
    with progress(n_jobs, "flows") as done:

        async def sync(endpoint: Endpoint) -> list[_Row]:
            made: list[_Row] = []
            for name, flow in program.flows.items():
                ids = await sync_vocabularies(
                    endpoint,
                    name,
                    flow,
                    settings.spool_dir,
                    models=models_of_flow(settings, flow),
                    prune=args.prune,
                    tell=_warn,
                )
                made += [{"step": f"{name}.{step}", "id": found} for step, found in ids.items()]
                done()
            return made

        return _at_each(settings, sync, args, "{step}: {id}")


def _check(args: argparse.Namespace, settings: Settings, program: Program) -> int:
    wrong: list[_Row] = []

    async def compare(endpoint: Endpoint) -> list[_Row]:
        found: list[_Row] = []
        for name, flow in program.flows.items():
            told = await compare_vocabularies(
                endpoint, name, flow, settings.spool_dir, models_of_flow(settings, flow)
            )
            found += [{"step": f"{name}.{step}", "problem": what} for step, what in told.items()]
        wrong.extend(found)
        return found

    exit_code = _at_each(settings, compare, args, "{step}: {problem}")
    return _told(args, exit_code, wrong, "every menu's table is there, with the words of the flow")


def _check_words(args: argparse.Namespace, settings: Settings) -> int:
    wrong: list[_Row] = []

    async def compare(endpoint: Endpoint) -> list[_Row]:
        model = settings.recognition.property
        problem = await compare_words(endpoint, args.words, settings.spool_dir, model=model)
        found: list[_Row] = [{"words": args.words, "problem": problem}] if problem else []
        wrong.extend(found)
        return found

    exit_code = _at_each(settings, compare, args, "{words}: {problem}")
    return _told(args, exit_code, wrong, "the table of these words is there")


def _told(args: argparse.Namespace, exit_code: int, wrong: list[_Row], all_is_well: str) -> int:
    if not wrong and not exit_code and not args.json:
        print(all_is_well)
    return exit_code or int(bool(wrong))


def _warn(line: str) -> None:
    print(f"ivr-agi: {line}", file=sys.stderr)


def _list(args: argparse.Namespace) -> int:
    async def show(endpoint: Endpoint) -> list[_Row]:
        tables = await list_vocabularies(endpoint)
        return [
            {"id": table.vocabulary_id, "name": table.name, "description": table.description}
            for table in tables
        ]

    return _at_each(load_settings(args.config), show, args, "{id}  {name}  {description}")


def _at_each(
    settings: Settings,
    work: Callable[[Endpoint], Awaitable[list[_Row]]],
    args: argparse.Namespace,
    line: str,
) -> int:
    """Do the work at every endpoint, and print what came of it.

    Args:
        settings: Name the endpoints.
        work: Returns rows.
        args: Say whether to print JSON.
        line: How a row is printed.
    """
    with as_owner(settings.spool_dir):
        found = asyncio.run(_do_at_each(make_endpoints(settings), work))
    if args.json:
        print_json({"endpoints": [each.as_data() for each in found]})
    for each in found:
        if len(found) > 1 and not args.json:
            print(f"{each.url}:")
        if each.error is not None:
            print(f"ivr-agi: {each.error}", file=sys.stderr)
        for row in () if args.json else each.rows:
            print(line.format_map({key: _as_text(value) for key, value in row.items()}))
    return max(each.error.exit_code if each.error else 0 for each in found)


@dataclass
class _AtEndpoint:
    """What came of the work at one endpoint."""

    url: str
    rows: list[_Row]
    error: SpeechError | None = None

    def as_data(self) -> _Row:
        error = None if self.error is None else str(self.error)
        return {"endpoint": self.url, "rows": self.rows, "error": error}


async def _do_at_each(
    endpoints: list[Endpoint], work: Callable[[Endpoint], Awaitable[list[_Row]]]
) -> list[_AtEndpoint]:
    """Do the work at every endpoint, even if one before it is down."""
    found = []
    for endpoint in endpoints:
        try:
            found.append(_AtEndpoint(endpoint.url, await work(endpoint)))
        except SpeechError as exc:
            found.append(_AtEndpoint(endpoint.url, [], exc))
    return found


def _as_text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
