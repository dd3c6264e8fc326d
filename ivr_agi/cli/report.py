"""``ivr-agi report``: how calls went, in numbers: in words, as JSON, or as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, print_json
from ivr_agi.cli.opened import OpenedStore, add_span_options, opened_store
from ivr_agi.errors import ConfigError, FlowError

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands
    from ivr_agi.report.numbers import Report, ReportSpan

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(
        commands,
        "report",
        "say how calls went: how they ended, where callers leave, what was not understood",
        epilog="Whole hours are counted: --since and --until are taken back to the hour.",
    )
    parser.add_argument("--version", default="", metavar="V", help="only this version of the flow")
    parser.add_argument(
        "--compare",
        default="",
        metavar="WITH",
        help='"before" (the same length of time before), or another version of the flow',
    )
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page that opens anywhere"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_span_options(parser, "7d")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    with opened_store(args) as opened:
        from ivr_agi.report.numbers import ReportSpan, compare, count_report
        from ivr_agi.store.hours import hour_of

        since, until = (
            float(hour_of(opened.moment(text), opened.zone)) for text in (args.since, args.until)
        )
        if args.until == "now":
            until += 3600  # the hour that is not over
        if until <= since:
            raise ConfigError(f"--since {args.since} is not before --until {args.until}")
        span = ReportSpan(since=since, until=until, flow=args.flow, version=args.version)
        report = count_report(opened.database, span, opened.zone)
        before = None
        if args.compare:
            other = _other_span(span, args.compare)
            before = count_report(opened.database, other, opened.zone)
        shares = compare(before, report) if before is not None else []
        if args.html is not None:
            from ivr_agi.report.page import render_page

            drawing = _draw(opened, report)
            page = render_page(
                report, opened.zone, comparison=shares, before=before, drawing=drawing
            )
            _write(args.html, page)
    if args.json:
        import msgspec

        from ivr_agi.report.definitions import DEFINITIONS

        parts = {"report": report, "before": before, "comparison": shares}
        print_json(msgspec.to_builtins(parts) | {"definitions": DEFINITIONS})
    elif args.html is None:
        _tell(report)
    return 0


def _other_span(span: ReportSpan, word: str) -> ReportSpan:
    import msgspec

    if word != "before":
        return msgspec.structs.replace(span, version=word)
    length = span.until - span.since
    return msgspec.structs.replace(span, since=span.since - length, until=span.since)


def _draw(opened: OpenedStore, report: Report) -> str:
    """Return the flow's drawing with the traffic on it; empty where it is not known."""
    from ivr_agi.report.drawing import draw_traffic

    flow = report.span.flow
    if not flow:
        return ""
    try:
        return draw_traffic(opened.settings.flows_dir / f"{flow}.yaml", report)
    except FlowError:
        return ""


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"cannot write the page: {exc.strerror}", path=str(file)) from exc


def _tell(report: Report) -> None:
    print(f"{report.calls} calls, {report.mean_s:.1f} s each")
    for name, n in report.outcomes.items():
        print(f"  {name:12} {n:8} {_share(n, report.calls)}")
    print(f"  {'rang again':12} {report.rang_again:8} {_share(report.rang_again, report.calls)}")
    if report.steps:
        head = ("visits", "voice", "keys", "no-input", "no-match", "false", "left", "seconds")
        print(f"\n{'step':20}" + "".join(f"{word:>9}" for word in head))
    for step in report.steps:
        counts = (step.visits, step.voice, step.keys, step.no_input, step.no_match)
        numbers = "".join(f"{n:9}" for n in (*counts, step.false_stops, step.left))
        print(f"{step.step:20}{numbers}{step.mean_s:9.1f}")
    for leg in report.legs:
        words = f"{leg.leg:18} p50 {leg.p50:6.0f}  p95 {leg.p95:6.0f}  p99 {leg.p99:6.0f} ms"
        print(f"{words}  {leg.endpoint}")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f} %" if whole else ""
