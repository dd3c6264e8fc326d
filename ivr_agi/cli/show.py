"""``ivr-agi show CALL``: one call as a time line, in words or as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, add_config_option, print_json
from ivr_agi.cli.opened import OpenedStore, opened_store
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands
    from ivr_agi.store.queries import StoredTimeline

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(commands, "show", "show what happened in a call, moment by moment")
    parser.add_argument(
        "call", metavar="CALL", help="Asterisk's unique id, as ivr-agi calls has it"
    )
    parser.add_argument("--all", action="store_true", help="also the sessions of the service")
    parser.add_argument("--json", action="store_true", help="print the events as JSON")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw it (extra demo)")
    parser.add_argument("--png", type=Path, metavar="FILE", help="the same as PNG")
    add_config_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with opened_store(args) as opened:
        from ivr_agi.store.queries import find_timeline

        found = find_timeline(opened.database, args.call)
        if not found.events:
            reason = "its words have been deleted (retention.words_days, or ivr-agi forget)"
            raise ConfigError(f"the time line of the call {args.call} is gone: {reason}")
        pictures = [file for file in (args.svg, args.png) if file is not None]
        for file in pictures:
            _draw(opened, found, file)
    if args.json:
        import msgspec

        print_json([msgspec.to_builtins(event) for event in found.events])
    elif not pictures:
        from ivr_agi.report.timeline import tell_call

        for line in tell_call(found.events, everything=args.all):
            print(line)
    return 0


def _draw(opened: OpenedStore, found: StoredTimeline, file: Path) -> None:
    """Draw a call as the demo does, with its recording where there is one."""
    from ivr_agi.demo.picture import draw_call
    from ivr_agi.report.tracks import tracks_of

    began_at_s = found.events[0].at_s
    seconds = found.events[-1].at_s - began_at_s
    entries = [
        {"t_ms": round((event.at_s - began_at_s) * 1000, 1), "event": event.event, **event.data}
        for event in found.events
    ]
    begins = {
        event.data.get("file"): event.at_s - began_at_s
        for event in found.events
        if event.event == "call_recording"
    }
    folder = opened.places.recordings
    files = (
        []
        if folder is None
        else [(folder / name, begins[name]) for name in found.recordings if name in begins]
    )
    try:
        draw_call(file, tracks_of(files, seconds), entries)
    except OSError as exc:
        raise ConfigError(f"cannot write the picture: {exc.strerror}", path=str(file)) from exc
