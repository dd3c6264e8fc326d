"""``python -m benchmarks.store``: the journal into the store, and questions to it.

A script writes the journal of some 230,000 calls over 90 days, whose lines are mixed as workers mix
them. It is read into SQLite and into PostgreSQL. Beside it, a plain script reads and parses the
same lines, and the same SQL is run by ``sqlite3`` and ``psql``.
"""

from __future__ import annotations

import contextlib
import datetime
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event as hooks

from benchmarks.command import benchmark_parser, run_benchmark
from benchmarks.postgresql import postgresql_server
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.cli.bench.common import check_positive, say
from ivr_agi.report.numbers import ReportSpan, count_report
from ivr_agi.store.callers import CallerKey
from ivr_agi.store.database import Database
from ivr_agi.store.ingest import Ingester
from ivr_agi.store.queries import (
    CallFilter,
    calls_query,
    find_timeline,
    list_calls,
    recordings_query,
    timeline_query,
)
from ivr_agi.store.tables import calls
from ivr_agi.store.writing import StoreOptions

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

__all__ = ("StorePlan", "main", "measure_store", "write_journal")

EVENTS_PER_CALL = 43
DAYS = 90
SECONDS_A_DAY = 86_400
OPEN_AT_ONCE = 40
FEWEST_CALLS = 10
KEY = CallerKey(b"benchmark" * 4)
ZONE = datetime.UTC
INGEST_SHARE = 0.3
QUERY_TIMES = 5
QUICK_REPEATS = 100
"""Of questions that take less than a program's start."""

_PLAIN_SCRIPT = """\
import json, sys, time
began, n = time.perf_counter(), 0
with open(sys.argv[1], "rb") as file:
    for line in file:
        entry = json.loads(line)
        n += entry["event"] != ""
print(n / (time.perf_counter() - began))
"""


@dataclass(frozen=True)
class StorePlan:
    """How much to measure."""

    events: int = 10_000_000
    repeats: int = 11
    """Of each question."""
    databases: tuple[str, ...] = ("sqlite", "postgresql")


def write_journal(path: Path, n_events: int, begin: float) -> int:
    """Write a journal of about so many events over 90 days; return how many lines it has."""
    n_calls = max(FEWEST_CALLS, n_events // EVENTS_PER_CALL)
    every_s, rng, n_lines = DAYS * SECONDS_A_DAY / n_calls, random.Random(1), 1
    waiting: list[Iterator[str]] = []
    with path.open("w", encoding="ascii") as file:
        file.write('{"v":2,"at_s":0,"event":"journal_file","data":{"id":"benchmark"}}\n')
        for number in range(n_calls):
            waiting.append(_call(number, begin, number * every_s, rng))
            if len(waiting) < OPEN_AT_ONCE and number < n_calls - 1:
                continue
            while waiting:  # some lines of each in turn
                going_on = []
                for call in waiting:
                    part = [line for _, line in zip(range(rng.randrange(1, 9)), call, strict=False)]
                    n_lines += len(part)
                    file.writelines(part)
                    if part:
                        going_on.append(call)
                waiting = going_on
    return n_lines


def _call(number: int, begin: float, at_s: float, rng: random.Random) -> Iterator[str]:
    """Return the lines of a call: four turns."""
    call = f"{int(begin)}.{number}"
    time_s = begin + at_s

    def line(name: str, data: str = "") -> str:
        nonlocal at_s, time_s
        at_s += 0.31
        time_s += 0.31
        more = f',"data":{{{data}}}' if data else ""
        return (
            f'{{"v":2,"at_s":{at_s:.6f},"event":"{name}","call":"{call}",'
            f'"time":{time_s:.3f}{more}}}\n'
        )

    caller = 13_000_000_000 + number % 50_000
    yield line(
        "call_started",
        f'"channel":"PJSIP/trunk-{number:08x}","extension":"600","caller":"{caller}",'
        f'"called":"4008001234","language":"en","flow":"main_menu","version":"v{number // 80_000}"',
    )
    trace = f'"trace_id":"trace-{number:012x}"'
    for turn, step in enumerate(("menu", "account", "amount", "confirm")):
        yield line("step", f'"step":"{step}"')
        yield line("prompt_started", f'"text":"Please say what you want to do, part {turn}."')
        yield line("recognition_started", f'"endpoint":"wss://sis.example.com",{trace}')
        yield line("voice_start", trace)
        yield line("prompt_stopped", f'"barge_in_ms":{rng.random() * 9:.1f},"position_ms":1840')
        yield line("interim", f'"text":"my","score":0.5,{trace}')
        yield line("voice_end", trace)
        yield line("result", f'"text":"my invoice number {number % 97}","score":0.91,{trace}')
        is_heard = rng.random() < 0.9
        stop_ms, final_ms = rng.randrange(5, 90), rng.randrange(600, 2000)
        legs = f'{{"voice_to_stop":{stop_ms},"voice_to_final":{final_ms}}}'
        yield line(
            "outcome",
            f'"outcome":"Heard","text":"my invoice number {number % 97}","score":0.91,'
            f'"legs_ms":{legs}',
        )
        if is_heard:
            yield line("choice", f'"step":"{step}","choice":"billing"')
        else:
            yield line("no_match", f'"step":"{step}","count":1')
    yield line("audio", '"received":2600,"filled":3,"verdict":"good","level_dbfs":-21.4')
    status = rng.choice(("HANGUP", "TRANSFER", "COMPLETED", "COMPLETED"))
    yield line("call_ended", f'"status":"{status}","seconds":{at_s % 90 + 10:.3f}')


def measure_store(plan: StorePlan, say: Callable[[str], None]) -> list[Row]:
    """Run all of it; ``say`` takes a line of progress."""
    begin = float(int(time.time()) // SECONDS_A_DAY * SECONDS_A_DAY - DAYS * SECONDS_A_DAY)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="ivr-agi-store-") as name:
        folder = Path(name)
        journal = folder / "journal.jsonl"
        say(f"writes a journal of {plan.events} events")
        n_lines = write_journal(journal, plan.events, begin)
        say(f"{n_lines} lines, {journal.stat().st_size >> 20} MB; a plain script parses them")
        plain = _run([sys.executable, "-I", "-c", _PLAIN_SCRIPT, str(journal)])
        for kind in plan.databases:
            with _database(kind, folder) as database:
                rows += _measure(kind, database, journal, n_lines, float(plain), begin, plan, say)
    return rows


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[Database]:
    with contextlib.ExitStack() as stack:
        if kind == "sqlite":
            url = str(folder / "store.sqlite3")
        else:
            short = stack.enter_context(tempfile.TemporaryDirectory(prefix="ivr-agi-pg-"))
            url = stack.enter_context(postgresql_server(Path(short))).url
        database = Database(url)
        stack.callback(database.close)
        database.upgrade()
        yield database


def _measure(
    kind: str,
    database: Database,
    journal: Path,
    n_lines: int,
    plain: float,
    begin: float,
    plan: StorePlan,
    say: Callable[[str], None],
) -> list[Row]:
    say(f"{kind}: reads the journal into the store")
    ingester = Ingester(database, "node", journal, StoreOptions(zone=ZONE, caller_key=KEY))
    began = time.perf_counter()
    n_read = ingester.read_all()
    per_s = n_read / (time.perf_counter() - began)
    if n_read != n_lines:
        raise RuntimeError(f"{n_lines} lines were written and {n_read} read")
    target = Target(least=round(INGEST_SHARE * plain))
    meaning = "lines of the journal stored a second; baseline: a plain script parses them"
    rows = [row(f"ingest_events_{kind}", "events/s", [per_s], target, meaning, baseline=[plain])]
    if kind == "postgresql":  # as autovacuum would have done by now
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    with database.reading() as connection:
        middle = connection.execute(sa.select(sa.func.max(calls.c.id))).scalar_one() // 2
        query = sa.select(calls.c.unique_id, calls.c.caller).where(calls.c.id == middle)
        unique_id, caller = connection.execute(query).one()
    span = ReportSpan(since=begin, until=begin + DAYS * SECONDS_A_DAY)
    wanted = CallFilter(caller=caller)
    by_caller = [_filled(*calls_query(database, KEY, wanted))]  # of a cursor that tells no hook
    of_timeline = [
        _filled(*timeline_query(database, unique_id)),
        _filled(*recordings_query(database, middle)),
    ]
    questions: list[tuple[str, int, Callable[[], object], list[str]]] = [
        ("report_90_days", 1, lambda: count_report(database, span, ZONE), []),
        ("calls_by_caller", QUICK_REPEATS, lambda: list_calls(database, KEY, wanted), by_caller),
        ("timeline", QUICK_REPEATS, lambda: find_timeline(database, unique_id), of_timeline),
    ]
    for name, repeats, ask, known in questions:
        say(f"{kind}: {name}")
        statements = known or _statements(database, ask)
        theirs = [_plain_ms(database, statements, repeats) for _ in range(plan.repeats)]
        ours = [_took_ms(ask, repeats) for _ in range(plan.repeats)]
        bound = Target(p50=round(QUERY_TIMES * sorted(theirs)[len(theirs) // 2], 2))
        program = "sqlite3" if kind == "sqlite" else "psql"
        about = f"baseline: the same SQL by {program}"
        rows.append(row(f"{name}_{kind}", "ms", ours, bound, about, baseline=theirs))
    return rows


def _took_ms(ask: Callable[[], object], repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        ask()
    return (time.perf_counter() - began) * 1000 / repeats


def _statements(database: Database, ask: Callable[[], object]) -> list[str]:
    """Return the SQL that a question runs, with its values in it."""
    found: list[str] = []

    def note(_: object, __: object, text: str, values: Any, *___: object) -> None:
        if text.startswith("SELECT"):
            found.append(_filled(text, values))

    hooks.listen(database.engine, "before_cursor_execute", note)
    ask()
    hooks.remove(database.engine, "before_cursor_execute", note)
    return found


def _filled(text: str, values: dict[str, Any] | tuple[Any, ...]) -> str:
    """Return a driver's SQL with its values in it."""
    if isinstance(values, dict):
        return text % {name: _literal(value) for name, value in values.items()}
    first, *rest = text.split("?")
    filled = zip(values, rest, strict=True)
    return first + "".join(_literal(value) + after for value, after in filled)


def _literal(value: object) -> str:
    """Return a value as SQL has it."""
    if value is None:
        return "NULL"
    return (
        repr(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
    )


def _plain_ms(database: Database, statements: Sequence[str], repeats: int) -> float:
    """Return what the database's own program takes for statements, without its start, ms."""
    script = "".join(f"{statement};\n" for statement in statements)
    return (_program_ms(database, script * repeats) - _program_ms(database, "")) / repeats


def _program_ms(database: Database, script: str) -> float:
    if database.file is not None:
        command = ["sqlite3", "-readonly", str(database.file)]
    else:
        url = database.engine.url.set(drivername="postgresql")
        command = ["psql", "-q", "-X", "-A", url.render_as_string(hide_password=False)]
    began = time.perf_counter()
    _run(command, script)
    return (time.perf_counter() - began) * 1000


def _run(command: Sequence[str], script: str = "") -> str:
    done = subprocess.run(command, input=script.encode(), capture_output=True, check=True)
    return done.stdout.decode(errors="replace")  # a time line is no text


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("store", "It needs sqlite3 and PostgreSQL (apt-get install).")
    parser.add_argument(
        "--events",
        type=int,
        default=StorePlan.events,
        metavar="N",
        help="events of the journal (%(default)s, some 2 GB)",
    )
    parser.add_argument(
        "--database",
        choices=StorePlan.databases,
        action="append",
        help="only this one (default: both)",
    )
    return run_benchmark(parser, _measure_asked, argv)


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "events")
    chosen = tuple(args.database or StorePlan.databases)
    return measure_store(StorePlan(events=args.events, databases=chosen), say)


if __name__ == "__main__":
    sys.exit(main())
