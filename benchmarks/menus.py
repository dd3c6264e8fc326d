"""``python -m benchmarks.menus``: whether scores of menus mean what they say.

Takes files with one answer a line: the choices, split by ``;`` (their words by ``,``), what was
said, and what is right: the first word of a choice, or ``-`` if none is. Several right answers are
split by ``|``; one with ``?`` is right only if the caller is asked about it. Of the answers that
are taken with a score of 0.9 and more, 90 % have to be right, and so on for other scores.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import benchmark_parser, run_benchmark
from ivr_agi.bench.report import Row, Target
from ivr_agi.cli.bench.common import say
from ivr_agi.errors import ConfigError
from ivr_agi.language.choosing import choose
from ivr_agi.language.matching import Decision
from ivr_agi.language.slots import ListOption

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

__all__ = ("MenuAnswer", "main", "menu_rows", "read_menu_answers")

_LEAST = (0.95, 0.9, 0.85)
"""Scores from which answers are counted."""


@dataclass(frozen=True)
class MenuAnswer:
    """One row of a file."""

    options: tuple[ListOption, ...]
    said: str
    right: tuple[str, ...]


def read_menu_answers(path: Path) -> list[MenuAnswer]:
    """Read a file.

    Raises:
        ConfigError: It cannot be read, or a line does not have three columns.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot be read: {exc}", key=str(path)) from exc
    answers = []
    for number, line in enumerate(lines, 1):
        columns = line.split("\t")
        if len(columns) != 3:
            reason = f"line {number} must have choices, words and right answers, split by tabs"
            raise ConfigError(reason, key=str(path))
        words = [tuple(choice.split(",")) for choice in columns[0].split(";")]
        options = tuple(ListOption(phrases[0], phrases) for phrases in words)
        answers.append(MenuAnswer(options, columns[1], tuple(columns[2].split("|"))))
    return answers


def menu_rows(
    answers: Sequence[MenuAnswer], tell: Callable[[str], None] | None = None
) -> list[Row]:
    """Match every answer, and count how many are right by score.

    Args:
        answers: The rows.
        tell: Takes a line about each answer that is not right.
    """
    taken: list[tuple[float, bool]] = []
    right = wrong_sure = 0
    for answer in answers:
        found = choose(answer.said, answer.options)
        name = "-" if found.best is None else found.best.choice.value
        got = {
            Decision.ACCEPT: name,
            Decision.CONFIRM: f"{name} ?",
            Decision.NO_MATCH: "-",
        }[found.decision]
        is_right = got in answer.right or (got.endswith(" ?") and got[:-2] in answer.right)
        right += is_right
        if found.decision is Decision.ACCEPT and found.best is not None:
            taken.append((found.best.score, is_right))
            wrong_sure += not is_right
        if tell is not None and not is_right:
            score = f"{found.best.score:.2f}" if found.best else "0"
            tell(f"{answer.said}  {got} {score}  ({'|'.join(answer.right)})")
    count = len(answers)
    rows = [_row("menus_right", count, right), _row("menus_wrong_sure", count, wrong_sure)]
    for least in _LEAST:
        verdicts = [is_right for score, is_right in taken if score >= least]
        rows.append(
            _row(
                f"menus_right_of_those_taken_at_{least:g}",
                len(verdicts),
                sum(verdicts),
                Target(least=100 * least),
            )
        )
    return rows


def _row(name: str, count: int, some: int, target: Target | None = None) -> Row:
    percent = 100 * some / count if count else None
    return Row(name, "%", count, percent, None, None, target or Target())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("menus")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="rows of answers")
    parser.add_argument("--verbose", action="store_true", help="print answers that are not right")

    def measure(args: argparse.Namespace) -> list[Row]:
        answers = [answer for path in args.files for answer in read_menu_answers(path)]
        return menu_rows(answers, say if args.verbose else None)

    return run_benchmark(parser, measure, argv)


if __name__ == "__main__":
    sys.exit(main())
