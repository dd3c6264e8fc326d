"""``ivr-agi replay``: how calls of before would go with a changed flow, or changed settings."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi.cli.common import add_command, add_config_option, add_json_flag, print_json
from ivr_agi.cli.opened import opened_store
from ivr_agi.errors import ConfigError
from ivr_agi.settings import load_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from ivr_agi.cli.common import Commands
    from ivr_agi.cli.opened import OpenedStore
    from ivr_agi.flow.file.model import Program
    from ivr_agi.rehearsal.replay import Replayed

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "replay",
        "say what calls of before would have come to with a changed flow, or changed settings",
        more="What callers said and pressed is run against it in virtual time. Nothing outside is "
        "reached: services answer what the journal kept, or what the tests say.",
    )
    parser.add_argument(
        "--flow",
        type=Path,
        metavar="NEW.yaml",
        help="the changed flow (default: the version that took the call)",
    )
    parser.add_argument(
        "--of", default="", metavar="NAME", help="replay calls of this flow (default: NEW)"
    )
    parser.add_argument(
        "--settings", metavar="NEW.toml", help="the changed settings (default: those of --config)"
    )
    parser.add_argument(
        "--tests",
        type=Path,
        metavar="FILE",
        help="conversation tests, whose services answer where the journal kept nothing",
    )
    parser.add_argument(
        "--since",
        default="7d",
        metavar="TIME",
        help="24h, 7d, today, yesterday, 2026-12-01 or '2026-12-01 08:30' (default: %(default)s)",
    )
    parser.add_argument("--until", default="now", metavar="TIME", help="the same (default: now)")
    add_json_flag(parser)
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # Not above: other commands do not wait for what a rehearsal imports.
    from ivr_agi.rehearsal.conversations import load_suite
    from ivr_agi.rehearsal.replay import CannedAnswers, count_verdicts, replay_calls
    from ivr_agi.rehearsal.stage import Stage
    from ivr_agi.store.queries import CallFilter, find_timeline, list_calls

    if args.flow is None and args.settings is None:
        raise ConfigError("nothing is changed: give --flow NEW.yaml, --settings NEW.toml, or both")
    answers = CannedAnswers.of(load_suite(args.tests).suite) if args.tests else CannedAnswers()
    with opened_store(args) as opened, _programs(args.flow, opened) as program_of:
        settings = opened.settings if args.settings is None else load_settings(args.settings)
        wanted = CallFilter(
            since=opened.moment(args.since),
            until=opened.moment(args.until),
            flow=args.of or (args.flow.stem if args.flow is not None else ""),
            limit=None,
        )
        rows = list_calls(opened.database, opened.caller_key, wanted)
        found = [find_timeline(opened.database, str(row["id"])) for row in reversed(rows)]
        calls = [(one.events, program_of(one.row["flow"], one.row["version"])) for one in found]
        with Stage(settings) as stage:
            replayed = replay_calls(stage, calls, answers)
    if args.json:
        print_json({"calls": [_as_json(one) for one in replayed], "sum": count_verdicts(replayed)})
        return 0
    for one in replayed:
        was, now = one.difference
        if one.verdict.value == "otherwise":
            print(f"{one.call:24} {was or 'nothing more'}  ->  {now or 'nothing more'}")
        elif one.verdict.value == "cannot tell":
            print(f"{one.call:24} cannot tell: {one.reason}")
    _print_sum(count_verdicts(replayed))
    return 0


def _as_json(one: Replayed) -> dict[str, Any]:
    return {
        "call": one.call,
        "verdict": one.verdict.value,
        "reason": one.reason,
        "was": one.was,
        "now": one.now,
    }


def _print_sum(counted: dict[str, Any]) -> None:
    verdicts = ", ".join(f"{n} {name}" for name, n in counted["verdicts"].items())
    print(f"{counted['calls']} calls: {verdicts}")
    for one in counted["otherwise"]:
        was, now = one["was"] or "nothing more", one["now"] or "nothing more"
        print(f"{one['calls']:6}  {was}  ->  {now}")
    for reason, n in counted["cannot_tell"].items():
        print(f"{n:6}  cannot tell: {reason}")


@contextlib.contextmanager
def _programs(changed: Path | None, opened: OpenedStore) -> Iterator[Callable[[str, str], Program]]:
    """Give the flow that calls of a flow and version meet now.

    Raises:
        ConfigError: The files of that version were not kept, and the flow is not there any more.
        FlowError: The flow is wrong.
    """
    from ivr_agi.flow.load.loader import find_flow, load_program
    from ivr_agi.store.queries import flow_source

    with tempfile.TemporaryDirectory(prefix="ivr-agi-replay-") as folder:

        @functools.cache
        def program_of(name: str, version: str) -> Program:
            if changed is not None:
                return new
            files = flow_source(opened.database, name, version)
            if files is None:
                return load_program(find_flow(name, opened.settings.path(paths.flows)))
            place = Path(folder) / str(program_of.cache_info().misses)
            place.mkdir()
            for file, text in files.items():
                (place / Path(file).name).write_text(text, encoding="utf-8")
            return load_program(place / f"{name}.yaml")

        paths = opened.settings.paths
        if changed is not None:
            new = load_program(changed)
        yield program_of
