"""``ivr-agi status``: the calls that go on now, and how the speech service is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ivr_agi.cli.common import add_command, add_config_option, print_json
from ivr_agi.errors import ConfigError
from ivr_agi.settings import Settings, load_settings

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)

WATCH_S = 1.0


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "status",
        "show the calls that go on now, with their step, and the health of the speech service",
        epilog="It reads the journal's end. No console is needed.",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--watch", action="store_true", help="show it again every second")
    how.add_argument("--json", action="store_true", help="print JSON")
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    if not settings.journal.file:
        reason = "there is no journal to look at: name a file"
        raise ConfigError(reason, path=settings.file, key="journal.file")
    if args.json:
        print_json(_look(settings))
        return 0
    while True:
        text = _tell(_look(settings))
        print(f"\x1b[2J\x1b[H{text}" if args.watch else text, flush=True)
        if not args.watch:
            return 0
        time.sleep(WATCH_S)


def _look(settings: Settings) -> dict[str, Any]:
    from dataclasses import asdict

    from ivr_agi.report.endpoints import endpoint_states
    from ivr_agi.store.live import calls_now, open_calls

    now, deadline_s = time.time(), settings.call.deadline_s
    events = open_calls(settings.path(settings.journal.file), now - deadline_s - 120)
    calls = calls_now(events, now=now, deadline_s=deadline_s)
    limits = settings.serve
    return {
        "calls": [asdict(call) for call in calls],
        "max_calls": limits.max_calls,
        "max_sessions": limits.max_sessions,
        "endpoints": [asdict(one) for one in endpoint_states(settings, now)],
    }


def _tell(seen: dict[str, Any]) -> str:
    calls = seen["calls"]
    most = f" of {seen['max_calls']}" if seen["max_calls"] else ""
    lines = [f"{len(calls)}{most} calls now"]
    if calls:
        lines.append(f"{'seconds':>8}  {'caller':15} {'flow':14} {'step':16} {'call':22} waits for")
    for call in calls:
        words = f"{call['seconds']:8.0f}  {call['caller'] or '-':15} {call['flow']:14}"
        lines.append(f"{words} {call['step'] or '-':16} {call['call']:22} {call['waits_for']}")
    for one in seen["endpoints"]:
        state = "works" if not one["failures"] else f"{one['failures']} failures: {one['error']}"
        lines.append(f"{one['url']}  {'avoided, ' if one['is_avoided'] else ''}{state}")
    return "\n".join(lines)
