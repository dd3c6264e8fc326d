"""``ivr-agi flow ...``: check, draw, price, talk to and test call flow files."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_command, whole_number
from ivr_agi.cli.flow_talk import talk_to_flow
from ivr_agi.errors import ConfigError, FlowError
from ivr_agi.flow.load.loader import load_flow, load_program, parse_nodes, place_error
from ivr_agi.flow.load.schema import flow_schema
from ivr_agi.flow.tools.draw.mermaid import draw_mermaid
from ivr_agi.flow.tools.draw.svg import draw_svg
from ivr_agi.flow.tools.lint import Warned, lint
from ivr_agi.flow.tools.texts import estimate_cost
from ivr_agi.rehearsal.conversations import Loaded, Ran, Verdict, load_suite
from ivr_agi.rehearsal.suites import run_suites

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)

_SOUND_SUFFIXES = (".wav", ".sln", ".ulaw", ".alaw", ".gsm", ".sln16", ".g722", ".wav16")


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(commands, "flow", "work with call flow files")
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    check = add_command(actions, "check", "check flow files; errors are file:line:column")
    check.add_argument("files", nargs="+", metavar="FILE")
    check.add_argument("--strict", action="store_true", help="warnings are errors (exit code 1)")
    check.add_argument(
        "--sounds", type=Path, metavar="DIR", help="look for recordings in Asterisk's sounds/LANG"
    )
    check.set_defaults(run=_check)
    schema = add_command(actions, "schema", "print the JSON Schema of flow files, for editors")
    schema.set_defaults(run=_schema)
    draw = add_command(
        actions,
        "draw",
        "draw a flow: a Mermaid diagram, or an SVG picture",
        epilog="ivr-agi flow draw --svg main_menu.yaml > main_menu.svg",
    )
    draw.add_argument("file", metavar="FILE")
    draw.add_argument("--svg", action="store_true", help="print SVG, which browsers show")
    draw.set_defaults(run=_draw)
    cost = add_command(actions, "cost", "print what the prompts cost to synthesise once")
    cost.add_argument("files", nargs="+", metavar="FILE")
    cost.set_defaults(run=_cost)
    talking = add_command(
        actions,
        "talk",
        "talk to a flow on the keyboard",
        epilog="Type words; #1 presses 1; an empty line is silence; Ctrl-D hangs up.",
    )
    talking.add_argument("file", metavar="FILE")
    talking.set_defaults(run=lambda args: talk_to_flow(Path(args.file)))
    test = add_command(actions, "test", "run conversation tests")
    test.add_argument("files", nargs="+", metavar="TESTS")
    test.add_argument(
        "--jobs",
        type=whole_number(1, 256),
        metavar="N",
        help="processes (default: as many cores as are worth it)",
    )
    test.add_argument("--junit", type=Path, metavar="FILE", help="write the results for your CI")
    test.add_argument("--verbose", action="store_true", help="print every conversation")
    test.set_defaults(run=_test)


def _check(args: argparse.Namespace) -> int:
    warnings = wrong = 0
    for file in args.files:
        try:
            program = load_program(Path(file))
        except FlowError as exc:
            print(f"ivr-agi: {exc}", file=sys.stderr)
            wrong += 1
            continue
        flow = program.flows[program.main]
        node = parse_nodes(Path(file).read_text(encoding="utf-8"))
        found = lint(flow, has_sound=_sounds(args.sounds))
        for warned in found:
            assert node is not None  # it has just been read
            print(_warning(warned, place_error(warned.text, file, node, warned.place)))
        told = f"{len(found)} warnings" if found else "no warnings"
        print(f"{file}: {len(flow.steps)} steps, no errors, {told}")
        warnings += len(found)
    if wrong:
        return FlowError.exit_code
    return 1 if args.strict and warnings else 0


def _warning(warned: Warned, at: FlowError) -> str:
    return f"{at.path}:{at.line}:{at.column}: warning: {at.key}: {warned.text} [{warned.rule}]"


def _sounds(directory: Path | None) -> Callable[[str], bool] | None:
    if directory is None:
        return None
    if not directory.is_dir():
        raise ConfigError("there is no such folder of sounds", path=str(directory))

    def has_sound(name: str) -> bool:
        return any((directory / f"{name}{suffix}").exists() for suffix in _SOUND_SUFFIXES)

    return has_sound


def _schema(args: argparse.Namespace) -> int:
    print(json.dumps(flow_schema(), indent=2, ensure_ascii=False))
    return 0


def _draw(args: argparse.Namespace) -> int:
    flow = load_flow(Path(args.file))
    print(draw_svg(flow) if args.svg else draw_mermaid(flow), end="")
    return 0


def _cost(args: argparse.Namespace) -> int:
    for file in args.files:
        cost = estimate_cost(load_flow(Path(file)))
        calls = ", ".join(f"{count} ({kind} voice)" for kind, count in cost.calls.items())
        print(f"{file}: {cost.texts} texts, {cost.characters} characters, call units: {calls}")
        if cost.changing:
            print(f"{file}: {cost.changing} texts with variables are billed for each new value")
    return 0


def _test(args: argparse.Namespace) -> int:
    # Tests report failures themselves; services that are down are part of them.
    logging.getLogger("ivr_agi").addHandler(logging.NullHandler())
    root = ElementTree.Element("testsuites")
    suites = [load_suite(Path(file)) for file in args.files]
    gc.freeze()  # what is loaded stays: the collector need not visit it
    began, verdicts = time.monotonic(), []
    with contextlib.closing(run_suites(suites, jobs=args.jobs)) as results:
        for file, suite, ran in zip(args.files, suites, results, strict=True):
            _print_ran(file, suite, ran, verbose=args.verbose)
            _add_suite(root, file, ran)
            verdicts += ran.verdicts
    took_s = time.monotonic() - began
    turns, failed = sum(verdict.turns for verdict in verdicts), _n_failed(verdicts)
    print(
        f"{len(verdicts)} conversations, {failed} failed; "
        f"{turns} turns in {took_s:.2f} s, {turns / took_s:.0f} a second"
    )
    if args.junit:
        try:
            ElementTree.ElementTree(root).write(args.junit, encoding="utf-8", xml_declaration=True)
        except OSError as exc:
            raise ConfigError(f"cannot write: {exc.strerror}", path=str(args.junit)) from exc
    return 1 if failed or not verdicts else 0


def _n_failed(verdicts: list[Verdict]) -> int:
    return sum(bool(verdict.problem) for verdict in verdicts)


def _print_ran(file: str, suite: Loaded, ran: Ran, *, verbose: bool) -> None:
    for verdict in ran.verdicts:
        _print_verdict(verdict, verbose=verbose)
    failed = _n_failed(ran.verdicts)
    print(f"{file}: {len(ran.verdicts) - failed} passed, {failed} failed in {ran.took_s:.2f} s")
    steps, ways = ran.coverage.missing(suite.program)
    for what, names in (("steps", steps), ("ways", ways)):
        print(f"  {what} not taken: {', '.join(names) or 'none'}")


def _print_verdict(verdict: Verdict, *, verbose: bool) -> None:
    mark = "FAILED" if verdict.problem else "ok"
    print(f"{mark:6} {verdict.name} ({verdict.duration_s:.0f} s of talk)")
    if verbose or verdict.problem:
        for line in verdict.log:
            print(f"       {line}")
    if verdict.problem:
        print(f"       {verdict.problem}")


def _add_suite(root: ElementTree.Element, file: str, ran: Ran) -> None:
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=file,
        tests=str(len(ran.verdicts)),
        failures=str(_n_failed(ran.verdicts)),
        time=f"{ran.took_s:.3f}",
    )
    for verdict in ran.verdicts:
        case = ElementTree.SubElement(suite, "testcase", classname=file, name=verdict.name)
        if verdict.problem:
            failure = ElementTree.SubElement(case, "failure", message=verdict.problem)
            failure.text = "\n".join(verdict.log)
