"""``ivr-agi calls``: lists calls of the store."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from ivr_agi.cli.common import add_command, print_json, whole_number
from ivr_agi.cli.opened import add_span_options, opened_store, print_csv

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)

COLUMNS = (
    *("started", "seconds", "unique_id", "node", "caller", "called", "extension", "flow"),
    *("version", "language", "status", "result", "target", "error", "turns", "misses"),
    *("false_barge_ins", "audio", "path", "last_step"),
)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(commands, "calls", "list calls, the newest first")
    parser.add_argument("--caller", default="", metavar="NUMBER", help="only calls of this number")
    parser.add_argument("--status", default="", metavar="STATUS", help="such as HANGUP")
    parser.add_argument("--step", default="", metavar="STEP", help="that went through this step")
    parser.add_argument("--words", default="", metavar="TEXT", help="in which this was said")
    parser.add_argument("--node", default="", metavar="NAME", help="of this machine")
    parser.add_argument(
        "--limit",
        type=whole_number(1, 10_000_000),
        default=50,
        metavar="N",
        help="at most so many (default: %(default)s)",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="print JSON")
    how.add_argument("--csv", action="store_true", help="print CSV")
    add_span_options(parser, "30d")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with opened_store(args) as opened:
        from ivr_agi.store.queries import CallFilter, list_calls

        wanted = CallFilter(
            caller=args.caller,
            since=opened.moment(args.since),
            until=opened.moment(args.until),
            flow=args.flow,
            status=args.status.upper(),
            step=args.step,
            words=args.words,
            node=args.node,
            limit=args.limit,
        )
        rows = list_calls(opened.database, opened.caller_key, wanted)
        zone = opened.zone
    for row in rows:
        begun = datetime.datetime.fromtimestamp(row["started"], zone)
        row["started"] = begun.isoformat(timespec="seconds")
    if args.json:
        print_json([{name: row[name] for name in COLUMNS} for row in rows])
    elif args.csv:
        print_csv(COLUMNS, rows)
    else:
        for row in rows:
            print(_line(row))
        if not rows:
            print("no such call")
    return 0


def _line(row: dict[str, Any]) -> str:
    seconds = "-" if row["seconds"] is None else f"{row['seconds']:.0f} s"
    what = row["target"] or row["result"] or row["error"]
    words = [row["started"].replace("T", " ")[:19], f"{seconds:>7}", f"{row['unique_id']:22}"]
    words += [f"{row['caller'] or '-':15}", f"{row['flow']:14}", f"{row['status'] or 'LOST':11}"]
    return " ".join([*words, f"{row['last_step']:14}", what]).rstrip()
