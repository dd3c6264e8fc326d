"""``ivr-agi unmatched``: what callers said that was not understood, and what they meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_json_flag, print_json, whole_number
from ivr_agi.cli.opened import add_span_options, opened_store
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands
    from ivr_agi.report.unmatched import UnmatchedGroup

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "unmatched",
        "group what was not understood by likeness, the most frequent first",
        more="Beside each group is what the same callers chose next, or whom they reached.",
    )
    parser.add_argument(
        "--least",
        type=whole_number(1, 1_000_000),
        default=1,
        metavar="N",
        help="only groups that were said so often (default: %(default)s)",
    )
    parser.add_argument(
        "--patch",
        type=Path,
        metavar="FLOW.yaml",
        help="add the words to the choices of this flow file that callers meant, and conversation "
        "tests of them beside it",
    )
    add_json_flag(parser)
    add_span_options(parser, "30d")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with opened_store(args) as opened:
        from ivr_agi.report.unmatched import group_unmatched
        from ivr_agi.store.queries import unmatched_words

        since, until = opened.moment(args.since), opened.moment(args.until)
        flow = args.flow or (args.patch.stem if args.patch is not None else "")
        said = unmatched_words(opened.database, since=since, until=until, flow=flow)
        groups = [group for group in group_unmatched(said) if group.n >= args.least]
    if args.patch is not None:
        return _patch(args.patch, groups)
    if args.json:
        print_json([vars(group) for group in groups])
        return 0
    for group in groups:
        meant = ", ".join(f"{name} ({n})" for name, n in group.meant.most_common(3))
        place = f"{group.flow}/{group.step}"
        print(f"{group.n:6}  {place:24} {group.text}" + (f"  -> {meant}" if meant else ""))
        for text, n in group.texts.most_common()[1:4]:
            print(f"{n:14}  {'':16} {text}")
    if not groups:
        print("everything was understood")
    return 0


def _patch(file: Path, groups: list[UnmatchedGroup]) -> int:
    from ivr_agi.report.patch import add_words, conversation_tests

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError("cannot read the flow", path=str(file)) from exc
    patched, added = add_words(text, groups, name=str(file))
    if not added:
        print("no words to add: nothing shows what was meant")
        return 0
    tests = file.with_name(f"{file.stem}.unmatched.tests.yaml")
    try:
        file.write_text(patched, encoding="utf-8")
        tests.write_text(conversation_tests(file.name, added), encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"cannot write: {exc.strerror}", path=str(file)) from exc
    for one in added:
        print(f"{one.step}: {one.words!r} is {one.choice}")
    print(f"look at them, then run: ivr-agi flow test {tests}")
    return 0
