"""``python -m benchmarks.sentences``: random sentences of the grammar's own words, and their time.

No sentence may raise, and time grows with length: 60 words take at most 8 times what 15 take. With
``--baseline DIR`` (a checkout of ``5ae6bc3`` with its ``.venv``) the slots of that version read the
same sentences in turns with ours; our 99th percentile may be 20 times theirs.
"""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.answers import make_slot_of
from benchmarks.command import benchmark_parser, run_benchmark
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.errors import ConfigError
from ivr_agi.language.rules import answer_rules

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterator, Sequence

__all__ = ("ASKED_SLOTS", "main", "random_sentences")

ASKED_SLOTS = (
    *("number", "money:cur=USD", "date", "time", "digits", "phone", "id", "plate", "yn", "alnum"),
    *("email", "card", "my", "duration"),
)
OLD_SLOTS = ASKED_SLOTS[:9]
"""Those that ``5ae6bc3`` has."""
_SHORT, _LONG = 15, 60
_AT_ONCE = 50
_SIGNS = ("12", "3", "138", "2026", "$5", "3.5", "10:30", "?", ",", "，", "'", "-", "%", "@", "x")
_THEIRS = """
import datetime, json, sys, time
from ivr_agi.flow.slots import *
slots = {
    "number": Number(), "money:cur=USD": Money(currency="USD"), "time": Time(), "digits": Digits(),
    "date": Date(today=datetime.date(2026, 11, 21)), "phone": Phone(), "id": IdCard(),
    "plate": Plate(), "yn": YesNo(),
}
for line in sys.stdin:
    times = []
    for slot, text in json.loads(line):
        parse = slots[slot].parse
        best = 9.0
        for _ in range(3):
            begin = time.thread_time()
            try:
                parse(text)
            except Exception:  # it has such faults
                pass
            best = min(best, time.thread_time() - begin)
        times.append(best)
    print(json.dumps(times), flush=True)
"""


def random_sentences(
    count: int, words: int, rules: Collection[str] = (), *, seed: int = 1
) -> Iterator[str]:
    """Yield sentences of random words and phrases of the grammar, both languages mixed.

    Args:
        count: How many.
        words: Words of each; a Chinese character is one.
        rules: Every second sentence is made of the words of these rules alone.
        seed: Of the chance.
    """
    some = random.Random(f"{seed} {words}")
    grammar = answer_rules()
    all_phrases = [*grammar.phrases(*grammar), *_SIGNS]
    own_phrases = grammar.phrases(*rules) or all_phrases
    for number in range(count):
        phrases = own_phrases if number % 2 else all_phrases
        sentence: list[str] = []
        while len(sentence) < words:
            phrase = some.choice(phrases)
            sentence += phrase.split() if phrase.isascii() else list(phrase)
        yield " ".join(sentence[:words])


def _sentences_for(slot: str, count: int, words: int) -> Iterator[str]:
    reader = _SLOTS[slot].reader
    return random_sentences(count, words, reader.values)


def _time_ours(asked: Sequence[tuple[str, str]]) -> list[float]:
    """Return the shortest of three times for each sentence, seconds of CPU: others may run."""
    times = []
    for slot, text in asked:
        parse = _SLOTS[slot].parse
        best = 9.0
        for _ in range(3):
            begin = time.thread_time()
            parse(text)
            best = min(best, time.thread_time() - begin)
        times.append(best)
    return times


_SLOTS: dict[str, Any] = {slot: make_slot_of(slot) for slot in ASKED_SLOTS}


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    gc.disable()
    try:
        return [*_measure_growth(args.sentences), *_measure_baseline(args)]
    finally:
        gc.enable()


def _measure_growth(count: int) -> list[Row]:
    rows = []
    for slot in ASKED_SLOTS:
        short, long = (
            _time_ours([(slot, text) for text in _sentences_for(slot, count, words)])
            for words in (_SHORT, _LONG)
        )
        growth = sum(long) / sum(short)
        rows += [
            row(f"sentence_{_SHORT}: {slot}", "ms", [1000 * each for each in short]),
            row(f"sentence_{_LONG}: {slot}", "ms", [1000 * each for each in long]),
            Row(f"sentence_growth: {slot}", "times", count, growth, None, None, Target(p50=8)),
        ]
    return rows


def _measure_baseline(args: argparse.Namespace) -> list[Row]:
    if args.baseline is None:
        return []
    python = args.baseline / ".venv/bin/python"
    if not python.exists():
        raise ConfigError("has no .venv/bin/python", key="--baseline", path=str(args.baseline))
    rows = []
    with subprocess.Popen(
        [python, "-c", _THEIRS],
        cwd=args.baseline,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        if child.stdin is None or child.stdout is None:
            raise ConfigError("the baseline has no pipes", key="--baseline")
        for slot in OLD_SLOTS:
            ours: list[float] = []
            theirs: list[float] = []
            texts = [(slot, text) for text in _sentences_for(slot, args.sentences, _SHORT)]
            for at in range(0, len(texts), _AT_ONCE):
                some = texts[at : at + _AT_ONCE]
                child.stdin.write(json.dumps(some) + "\n")
                child.stdin.flush()
                theirs += json.loads(child.stdout.readline())
                ours += _time_ours(some)
            high = int(0.99 * len(texts))
            ratio = sorted(ours)[high] / sorted(theirs)[high]
            name = f"sentence_p99_to_baseline: {slot}"
            rows.append(Row(name, "times", len(texts), ratio, None, None, Target(p50=20)))
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("sentences")
    parser.add_argument("--sentences", type=int, default=1000, metavar="N", help="of each slot")
    parser.add_argument(
        "--baseline", type=Path, metavar="DIR", help="a checkout of 5ae6bc3 with its .venv"
    )
    return run_benchmark(parser, _measure_asked, argv)


if __name__ == "__main__":
    sys.exit(main())
