"""``python -m benchmarks.answers``: what slots make of what callers say.

Takes files with one answer a line: slot and its limits, what was said, what is right. For example
``money:cur=USD<TAB>two fifty<TAB>!ambiguous|2.50 ~``. Right answers are split by ``|``. One with
``~`` is right only if the caller is asked whether it is so. One with ``!`` is a reason for which
there is no value. "Today" is Saturday, 2026-11-21, unless the row says otherwise.

Slots: ``number`` (``whole=0``), ``money`` (``cur=``, else CNY), ``date`` (``prefer=``, ``today=``),
``time``, ``timeb`` (08:00 to 18:00), ``digits`` (``min=``, ``max=``), ``phone`` (``region=``, else
CN; ``mobile``), ``id``, ``plate``, ``yn``, ``text``, ``alnum`` (``min=``, ``max=``), ``email``,
``card``, ``my`` (month and year), ``duration``, ``name`` and ``address``.
"""

from __future__ import annotations

import datetime
import enum
import random
import sys
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.command import benchmark_parser, run_benchmark
from benchmarks.values import CHANCES, TODAY
from ivr_agi.bench.report import Row, Target
from ivr_agi.cli.bench.common import say
from ivr_agi.errors import ConfigError
from ivr_agi.flow.file.slots import value_as_text
from ivr_agi.language.slots import (
    Alphanumeric,
    CardNumber,
    Date,
    Digits,
    Duration,
    Email,
    FreeText,
    IdCard,
    Money,
    MonthYear,
    Number,
    Parsed,
    PersonName,
    PhoneNumber,
    Plate,
    PostalAddress,
    Prefer,
    Rejected,
    Slot,
    Time,
    YesNo,
)
from ivr_agi.language.text import Language

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

__all__ = (
    "Answer",
    "Score",
    "answer_rows",
    "judge",
    "lost_on_the_way",
    "main",
    "make_slot_of",
    "read_answers",
)

_OPENING, _CLOSING = datetime.time(8), datetime.time(18)


class Score(enum.StrEnum):
    """What became of an answer."""

    RIGHT = "right"
    ASKED = "asked"
    """Right, but the caller is asked although it was clear."""
    REFUSED = "refused"
    """No value though there is one, or another reason than the right one."""
    WRONG_DOUBTED = "wrong_doubted"
    """Wrong, but the caller is asked and says no."""
    WRONG_SURE = "wrong_sure"
    """Wrong, and the call goes on with it."""


_TARGETS = {
    Score.RIGHT: Target(least=95),
    Score.ASKED: Target(p50=4),
    Score.WRONG_SURE: Target(p50=0),
}


@dataclass(frozen=True)
class Answer:
    """One row of a file."""

    slot: str
    """The slot with its limits: ``money:cur=USD``."""
    said: str
    right: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The slot without its limits."""
        return self.slot.partition(":")[0]


def read_answers(path: Path) -> list[Answer]:
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
            raise ConfigError(
                f"line {number} must have slot, words and right answers, split by tabs; "
                f"it has {len(columns)} columns",
                key=str(path),
            )
        answers.append(Answer(columns[0], columns[1], tuple(columns[2].split("|"))))
    return answers


def make_slot_of(spec: str) -> Slot[Any]:
    """Return the slot that a row names, such as ``money:cur=USD``.

    Raises:
        ConfigError: There is no such slot.
    """
    kind, _, limits = spec.partition(":")
    given = dict(limit.partition("=")[::2] for limit in limits.split(",") if limit)
    today = datetime.date.fromisoformat(given.get("today") or TODAY.isoformat())
    makers: dict[str, Callable[[], Slot[Any]]] = {
        "number": lambda: Number(is_whole=given.get("whole") != "0"),
        "money": lambda: Money(currency=given.get("cur", "CNY")),
        "date": lambda: Date(today=today, prefer=Prefer(given.get("prefer", "future"))),
        "time": Time,
        "timeb": lambda: Time(earliest=_OPENING, latest=_CLOSING),
        "digits": lambda: Digits(
            min_length=int(given.get("min", "1")), max_length=int(given.get("max", "32"))
        ),
        "phone": lambda: PhoneNumber(region=given.get("region", "CN"), is_mobile="mobile" in given),
        "id": lambda: IdCard(today=today),
        "plate": Plate,
        "yn": YesNo,
        "text": FreeText,
        "alnum": lambda: Alphanumeric(
            min_length=int(given.get("min", "1")), max_length=int(given.get("max", "32"))
        ),
        "email": Email,
        "card": CardNumber,
        "my": lambda: MonthYear(today=today),
        "duration": Duration,
        "name": PersonName,
        "address": PostalAddress,
    }
    if kind not in makers:
        raise ConfigError(f"a row's slot is one of {', '.join(makers)}, not {kind!r}")
    return makers[kind]()


def judge(result: Parsed[Any] | Rejected, right: Sequence[str]) -> Score:
    """Score what a slot made of an answer."""
    if isinstance(result, Rejected):
        return Score.RIGHT if f"!{result.reason}" in right else Score.REFUSED
    values = [each for each in right if not each.startswith("!")]
    matching = [each for each in values if _is_same(result.value, each.removesuffix(" ~"))]
    if not matching:
        return Score.WRONG_SURE if result.is_sure else Score.WRONG_DOUBTED
    to_be_asked = [each.endswith(" ~") for each in matching]
    if result.is_sure:
        return Score.WRONG_SURE if all(to_be_asked) else Score.RIGHT
    return Score.RIGHT if any(to_be_asked) else Score.ASKED


def _is_same(value: Any, written: str) -> bool:
    if isinstance(value, Decimal):
        try:
            return value == Decimal(written)
        except InvalidOperation:
            return False
    return str(value_as_text(value)) == written


def answer_rows(answers: Sequence[Answer], tell: Callable[[str], None] | None = None) -> list[Row]:
    """Read every answer, and count the scores over all and by slot.

    Args:
        answers: The rows.
        tell: Takes a line about each answer that is not right.

    Raises:
        ConfigError: There are none, or a row names no slot.
    """
    if not answers:
        raise ConfigError("there are no answers to measure")
    found: dict[str, list[Score]] = {"": []}
    for answer in answers:
        result = make_slot_of(answer.slot).parse(answer.said)
        score = judge(result, answer.right)
        found[""].append(score)
        found.setdefault(answer.kind, []).append(score)
        if tell is not None and score is not Score.RIGHT:
            got = (
                f"!{result.reason}"
                if isinstance(result, Rejected)
                else f"{value_as_text(result.value)}{'' if result.is_sure else ' ~'}"
            )
            tell(f"{score:13} {answer.slot:18} {answer.said}  {got}  ({'|'.join(answer.right)})")
    return [
        _row(score, kind, scores) for kind, scores in found.items() for score in Score if scores
    ]


def _row(score: Score, kind: str, scores: Sequence[Score]) -> Row:
    percent = 100 * scores.count(score) / len(scores)
    return Row(
        name=f"answers_{score}" + (f": {kind}" if kind else ""),
        unit="%",
        n=len(scores),
        p50=percent,
        p95=None,
        p99=None,
        target=Target() if kind else _TARGETS.get(score, Target()),
    )


def lost_on_the_way(kind: str, language: Language, count: int) -> list[str]:
    """Say random values of a type and read them back; return those that came back otherwise.

    Args:
        kind: One of :data:`benchmarks.values.CHANCES`.
        language: What they are said in.
        count: How many.
    """
    some, lost = random.Random(f"{kind} {language}"), []
    for _ in range(count):
        slot, value = CHANCES[kind](some)
        words = slot.read_back(value, language)
        result = slot.parse(words)
        is_old_card = kind == "id" and len(value) == 15  # always asked about
        is_sure = isinstance(result, Parsed) and (result.is_sure or is_old_card)
        if not isinstance(result, Parsed) or result.value != value or not is_sure:
            lost.append(words)
    return lost


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("answers")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="rows of answers")
    parser.add_argument("--verbose", action="store_true", help="print answers that are not right")
    parser.add_argument(
        "--values",
        type=int,
        default=0,
        metavar="N",
        help="also say N random values of each type and language, and read them back",
    )
    return run_benchmark(parser, _measure_asked, argv)


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    answers = [answer for path in args.files for answer in read_answers(path)]
    rows = answer_rows(answers, say if args.verbose else None) if answers or not args.values else []
    for kind in CHANCES if args.values else ():
        for language in Language:
            lost = lost_on_the_way(kind, language, args.values)
            for words in lost[:5] if args.verbose else ():
                say(f"lost: {kind} {words}")
            name = f"values_lost: {kind} {language}"
            rows.append(Row(name, "", args.values, float(len(lost)), None, None, Target(p50=0)))
    return rows


if __name__ == "__main__":
    sys.exit(main())
