"""Journals for tests: calls as the server writes them, and what a plain script counts in them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from ivr_agi.journal import Event, JournalFile
from ivr_agi.store.batch import unpack_lines
from ivr_agi.store.callers import CallerKey
from ivr_agi.store.database import Database
from ivr_agi.store.ingest import Ingester
from ivr_agi.store.tables import calls, hourly, node_events, open_lines, read_to, turns
from ivr_agi.store.writing import StoreOptions

__all__ = (
    "BEGIN",
    "assert_once",
    "KEY",
    "ZONE",
    "call_lines",
    "count_stored",
    "ingester_of",
    "write_calls",
)

BEGIN = 1_795_000_000.0
KEY = CallerKey(b"k" * 32)
ZONE = ZoneInfo("Asia/Shanghai")


def event(call: str, at_s: float, name: str, **data: Any) -> bytes:
    """A line of the journal."""
    entry = {"v": 2, "at_s": round(at_s, 6), "event": name, "call": call}
    entry |= {"time": round(BEGIN + at_s, 3), "data": data}
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def call_lines(
    number: int, rng: random.Random, *, start_s: float = 0.0, caller: str = ""
) -> list[bytes]:
    """The lines of a call: a menu, perhaps a no-match, perhaps a hang-up; an end."""
    call, at_s = f"{int(BEGIN)}.{number}", start_s

    def line(name: str, **data: Any) -> bytes:
        nonlocal at_s
        at_s += rng.random()
        return event(call, at_s, name, **data)

    lines = [
        event(
            call,
            at_s,
            "call_started",
            channel=f"PJSIP/a-{number}",
            extension="600",
            caller=caller or f"1380000{number % 10_000:04}",
            language="en",
            flow="main",
            version="v1",
        ),
        line("step", step="menu"),
        line("prompt_started", text="Sales or support?"),
        line("recognition_started", endpoint="ws://a", trace_id="t"),
    ]
    while rng.random() < 0.3:
        lines += [
            line("voice_start", trace_id="t"),
            line("outcome", outcome="Heard", text="mumble", score=0.4, legs_ms={"final_to_end": 9}),
            line("no_match", step="menu", count=1),
        ]
    status = rng.choice(["HANGUP", "TRANSFER", "COMPLETED"])
    if status == "HANGUP":
        lines.append(line("outcome", outcome="HungUp"))
    else:
        lines += [
            line("voice_start", trace_id="t"),
            line("prompt_stopped", position_ms=700, barge_in_ms=3.1),
            line("barge_in"),
            line("result", text="sales please", score=0.9, trace_id="t"),
            line(
                "outcome",
                outcome="Heard",
                text="sales please",
                score=0.9,
                barge_in_position_ms=700,
                legs_ms={"voice_to_stop": 12, "voice_to_final": 800},
            ),
            line("choice", step="menu", choice="sales"),
            line("step", step="bye"),
        ]
    seconds = round(at_s - start_s, 3)
    target = {"target": "200"} if status == "TRANSFER" else {}
    lines.append(line("call_ended", status=status, seconds=seconds, **target))
    if rng.random() < 0.2:
        lines.append(line("recognition_end", reason="CANCEL", trace_id="t"))
    return lines


def write_calls(path: Path, n: int, *, seed: int = 1, rotate_bytes: int = 64 << 20) -> list[bytes]:
    """Write calls whose lines are mixed, as many workers do; return the lines."""
    rng = random.Random(seed)
    waiting = [call_lines(number, rng, start_s=number * 0.5) for number in range(n)]
    lines: list[bytes] = []
    under_way: list[Iterator[bytes]] = []
    waiting.reverse()
    while waiting or under_way:
        while waiting and len(under_way) < 20:
            under_way.append(iter(waiting.pop()))
        chosen = rng.choice(under_way)
        if (line := next(chosen, None)) is None:
            under_way.remove(chosen)
        else:
            lines.append(line)
        if rng.random() < 0.01:
            lines.append(event("", n, "stalled", ms=120))
    file = JournalFile(path, rotate_bytes=rotate_bytes)
    for start in range(0, len(lines), 50):
        file.append(b"".join(lines[start : start + 50]))
    file.close()
    return lines


def ingester_of(database: Database, path: Path, **options: Any) -> Ingester:
    """An ingester of a node."""
    return Ingester(database, "node", path, StoreOptions(zone=ZONE, caller_key=KEY, **options))


def count_stored(database: Database) -> Counter[str]:
    """How many lines are where; ``read`` is what the files had."""
    with database.reading() as connection:
        found = {
            "in calls": connection.execute(sa.select(sa.func.sum(calls.c.lines))).scalar(),
            "of no call": connection.execute(
                sa.select(sa.func.count()).select_from(node_events)
            ).scalar(),
            "read": connection.execute(sa.select(sa.func.sum(read_to.c.lines))).scalar(),
            "bad": connection.execute(sa.select(sa.func.sum(read_to.c.bad_lines))).scalar(),
        }
        pieces = connection.execute(sa.select(open_lines.c.lines)).all()
    counted = Counter({name: int(n or 0) for name, n in found.items()})
    counted["open"] = sum(len(unpack_lines(row.lines)) for row in pieces)
    return counted


def assert_once(
    database: Database, lines: list[bytes], *, n_bad: int = 0, n_files: int = 1
) -> None:
    """Every line is somewhere, once; each file has a first line of its own."""
    found = count_stored(database)
    stored = found["in calls"] + found["of no call"] + found["open"]
    assert stored == len(lines) + n_files
    assert found["read"] == stored + n_bad
    assert found["bad"] == n_bad
    wanted = Counter(msgspec.json.decode(line, type=Event).event for line in lines)
    with database.reading() as connection:
        query = sa.select(hourly.c.measure, sa.func.sum(hourly.c.n)).group_by(hourly.c.measure)
        counted = {measure: int(n) for measure, n in connection.execute(query)}
        n_turns = connection.execute(sa.select(sa.func.count()).select_from(turns)).scalar()
    assert counted["calls"] == wanted["call_started"]
    assert n_turns == wanted["outcome"]
    assert counted["no_match"] == wanted["no_match"]
    assert counted["visits"] == wanted["step"]
