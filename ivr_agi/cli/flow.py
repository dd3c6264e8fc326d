"""``ivr-agi flow ...``: check, draw, price, talk to, evaluate and test call flow files."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import (
    add_command,
    add_config_option,
    add_json_flag,
    print_json,
    whole_number,
)
from ivr_agi.cli.flow_check import check_files, is_suite, yaml_files
from ivr_agi.cli.flow_evaluate import evaluate_route
from ivr_agi.cli.flow_talk import talk_to_flow
from ivr_agi.cli.terminal import Colour, paint, progress
from ivr_agi.errors import ConfigError
from ivr_agi.flow.load.loader import load_flow
from ivr_agi.flow.load.schema import flow_schema
from ivr_agi.flow.tools.draw.mermaid import draw_mermaid
from ivr_agi.flow.tools.draw.svg import draw_svg
from ivr_agi.flow.tools.texts import estimate_cost
from ivr_agi.rehearsal.conversations import Loaded, Ran, Verdict, load_suite
from ivr_agi.rehearsal.suites import run_suites

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(commands, "flow", "work with call flow files")
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    check = add_command(actions, "check", "check flow files; errors are file:line:column")
    check.add_argument("files", nargs="+", metavar="FILE", help="a flow, or a folder of flows")
    check.add_argument("--strict", action="store_true", help="warnings are errors (exit code 1)")
    check.add_argument(
        "--sounds", type=Path, metavar="DIR", help="look for recordings in Asterisk's sounds/LANG"
    )
    add_config_option(check)
    add_json_flag(check)
    check.set_defaults(run=check_files)
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
    cost.add_argument("files", nargs="+", metavar="FILE", help="a flow, or a folder of flows")
    add_json_flag(cost)
    cost.set_defaults(run=_cost)
    talking = add_command(
        actions,
        "talk",
        "talk to a flow on the keyboard",
        epilog="Type words; #1 presses 1; an empty line is silence; Ctrl-D hangs up.",
    )
    talking.add_argument("file", metavar="FILE")
    talking.set_defaults(run=lambda args: talk_to_flow(Path(args.file)))
    _add_evaluate(actions)
    test = add_command(actions, "test", "run conversation tests")
    test.add_argument(
        "files", nargs="+", metavar="TESTS", help="a file of tests, or a folder that has some"
    )
    test.add_argument(
        "--jobs",
        type=whole_number(1, 256),
        metavar="N",
        help="processes (default: as many cores as are worth it)",
    )
    test.add_argument("--junit", type=Path, metavar="FILE", help="write the results for your CI")
    test.add_argument("--verbose", action="store_true", help="print every conversation")
    add_json_flag(test)
    test.set_defaults(run=_test)


def _add_evaluate(actions: Commands) -> None:
    evaluating = add_command(
        actions,
        "evaluate",
        "count how sentences are understood by a route",
        epilog="SENTENCES: the choice's value (- : something else), a tab, and the sentence.",
    )
    evaluating.add_argument("file", metavar="FILE")
    evaluating.add_argument("sentences", metavar="SENTENCES.tsv", nargs="*", type=Path)
    evaluating.add_argument("--step", metavar="NAME", help="which route (default: the only one)")
    add_json_flag(evaluating)
    evaluating.set_defaults(run=evaluate_route)


def _schema(args: argparse.Namespace) -> int:
    print(json.dumps(flow_schema(), indent=2, ensure_ascii=False))
    return 0


def _draw(args: argparse.Namespace) -> int:
    flow = load_flow(Path(args.file))
    print(draw_svg(flow) if args.svg else draw_mermaid(flow), end="")
    return 0


def _cost(args: argparse.Namespace) -> int:
    found = []
    for file in yaml_files(args.files, _is_flow, "flow"):
        cost = estimate_cost(load_flow(file))
        found.append({"file": str(file), **asdict(cost)})
        if args.json:
            continue
        calls = ", ".join(f"{count} ({kind} voice)" for kind, count in cost.calls.items())
        print(f"{file}: {cost.texts} texts, {cost.characters} characters, call units: {calls}")
        if cost.changing:
            print(f"{file}: {cost.changing} texts with variables are billed for each new value")
    if args.json:
        print_json({"files": found})
    return 0


def _is_flow(text: str) -> bool:
    return any(line.startswith("steps:") for line in text.splitlines())


def _test(args: argparse.Namespace) -> int:
    # Tests report failures themselves; services that are down are part of them.
    logging.getLogger("ivr_agi").addHandler(logging.NullHandler())
    files = yaml_files(args.files, is_suite, "file of tests")
    suites = [load_suite(file) for file in files]
    gc.freeze()  # what is loaded stays: the collector need not visit it
    began, everything = time.monotonic(), []
    with (
        contextlib.closing(run_suites(suites, jobs=args.jobs)) as results,
        progress(len(suites), "files") as done,
    ):
        for file, suite, ran in zip(files, suites, results, strict=True):
            everything.append((str(file), suite, ran))
            done()
            if not args.json:
                _print_ran(str(file), suite, ran, verbose=args.verbose)
    took_s = time.monotonic() - began
    verdicts = [verdict for _, _, ran in everything for verdict in ran.verdicts]
    turns, failed = sum(verdict.turns for verdict in verdicts), _n_failed(verdicts)
    if args.json:
        print_json({"files": [_as_data(*each) for each in everything], "took_s": round(took_s, 3)})
    else:
        print(
            f"{len(verdicts)} conversations, {failed} failed; "
            f"{turns} turns in {took_s:.2f} s, {turns / took_s:.0f} a second"
        )
    if args.junit:
        _write_junit(args.junit, everything)
    return 1 if failed or not verdicts else 0


def _as_data(file: str, suite: Loaded, ran: Ran) -> dict[str, object]:
    steps, ways = ran.coverage.missing(suite.program)
    tests = [
        {
            "name": verdict.name,
            "passed": not verdict.problem,
            "problem": verdict.problem or None,
            "log": verdict.log,
        }
        for verdict in ran.verdicts
    ]
    return {"file": file, "tests": tests, "steps_not_taken": steps, "ways_not_taken": ways}


def _write_junit(path: Path, everything: list[tuple[str, Loaded, Ran]]) -> None:
    root = ElementTree.Element("testsuites")
    for file, _, ran in everything:
        _add_suite(root, file, ran)
    try:
        ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as exc:
        raise ConfigError(f"cannot write: {exc.strerror}", path=str(path)) from exc


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
    mark = paint("FAILED", Colour.RED) if verdict.problem else paint(f"{'ok':6}", Colour.GREEN)
    print(f"{mark} {verdict.name} ({verdict.duration_s:.0f} s of talk)")
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
