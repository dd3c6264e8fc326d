"""Each line of the journal is in the store once: over kills, full disks, restarts and rotation."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from benchmarks.postgresql import PostgresqlServer
from ivr_agi.journal import Event, JournalFile
from ivr_agi.store.database import Database, StoreUnavailable
from ivr_agi.store.ingest import Ingester
from ivr_agi.store.queries import find_timeline
from ivr_agi.store.tables import calls, timelines, utterances
from tests.store.journals import (
    assert_once,
    call_lines,
    event,
    ingester_of,
    write_calls,
)


def test_every_line_once(database: Database, tmp_path: Path) -> None:
    """In small blocks, over files that were sealed; a second reader finds nothing new."""
    path = tmp_path / "journal.jsonl"
    lines = write_calls(path, 60, rotate_bytes=20_000)
    n_files = len(list(tmp_path.glob("journal.jsonl*")))
    assert n_files > 2
    ingester = ingester_of(database, path)
    while ingester.read_block(3_000):
        assert ingester.behind_bytes() >= 0
    assert ingester.behind_bytes() == 0
    assert_once(database, lines, n_files=n_files)
    assert ingester_of(database, path).read_all() == 0
    assert_once(database, lines, n_files=n_files)


def test_rows_of_a_call(database: Database, tmp_path: Path) -> None:
    """What the tables say of it, and its time line, to the byte."""
    path = tmp_path / "journal"
    lines = call_lines(7, random.Random(5), caller="+86 138-0000")
    file = JournalFile(path)
    file.append(b"".join(lines))
    assert ingester_of(database, path).read_all() == len(lines) + 1
    with database.reading() as connection:
        call = connection.execute(sa.select(calls)).one()
        said = connection.execute(sa.select(utterances)).all()
    events = [msgspec.json.decode(line, type=Event) for line in lines]
    end = next(one for one in events if one.event == "call_ended")
    assert (call.unique_id, call.flow, call.version) == (events[0].call, "main", "v1")
    assert (call.started, call.seconds) == (events[0].time, end.data["seconds"])
    assert (call.status, call.caller) == (end.data["status"], "+86 138-0000")
    assert call.lines == len(lines)
    assert call.path.startswith("menu")
    assert len(said) == sum("text" in one.data for one in events if one.event == "outcome")
    assert find_timeline(database, call.unique_id).events == events


def test_numbers_as_digests_only(database: Database, tmp_path: Path) -> None:
    """Then no row shows a number; the time line does until it is deleted."""
    path = tmp_path / "journal"
    write_calls(path, 3)
    ingester_of(database, path, keeps_numbers=False).read_all()
    with database.reading() as connection:
        found = connection.execute(sa.select(calls.c.caller, calls.c.caller_digest)).all()
    assert {row.caller for row in found} == {None}
    assert len({row.caller_digest for row in found}) == 3


def test_lines_after_the_end(database: Database, tmp_path: Path) -> None:
    """They join the time line, also where it has been deleted."""
    path = tmp_path / "journal"
    file = JournalFile(path)
    lines = [line for line in call_lines(1, random.Random(2)) if b"recognition_end" not in line]
    file.append(b"".join(lines))
    ingester = ingester_of(database, path)
    ingester.read_all()
    name = msgspec.json.decode(lines[0], type=Event).call
    late = event(name, 60, "recognition_end", reason="CANCEL")
    file.append(late)
    ingester.read_all()
    assert_once(database, [*lines, late])
    assert find_timeline(database, name).events[-1].event == "recognition_end"
    with database.writing() as connection:
        connection.execute(sa.delete(timelines))
    file.append(late)
    ingester_of(database, path).read_all()
    assert_once(database, [*lines, late, late])


def test_bad_lines_are_passed_over(database: Database, tmp_path: Path) -> None:
    """Torn ones of an older version in mid-file, and the part that another process writes now."""
    path = tmp_path / "journal"
    lines = write_calls(path, 5)
    text = path.read_bytes().splitlines(keepends=True)
    text.insert(20, text[5][:30] + b"\n")
    path.write_bytes(b"".join(text) + b'{"v":2,"at')
    ingester_of(database, path).read_all()
    assert_once(database, lines, n_bad=1)
    os.rename(path, tmp_path / "journal.1")  # nobody will end that line
    ingester_of(database, path).read_all()
    assert_once(database, lines, n_bad=2)


def test_a_file_of_the_first_version(database: Database, tmp_path: Path) -> None:
    """Without a first line of its own: it is known by its first event, whatever its name is."""
    path = tmp_path / "journal"
    lines = [line.replace(b'"v":2,', b"") for line in write_calls(path, 5)]
    path.write_bytes(b"".join(lines))
    ingester_of(database, path).read_all()
    path.rename(tmp_path / "journal.1")
    ingester_of(database, path).read_all()
    assert_once(database, lines, n_files=0)


def test_a_copy_of_a_journal_under_another_identity(database: Database, tmp_path: Path) -> None:
    """No call is stored twice."""
    path = tmp_path / "journal"
    write_calls(path, 5)
    ingester_of(database, path).read_all()
    text = path.read_bytes().split(b"\n", 1)[1]
    (tmp_path / "journal.copy").write_bytes(text)
    ingester_of(database, path).read_all()
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(calls)).scalar() == 5


def test_two_nodes_in_one_database(database: Database, tmp_path: Path) -> None:
    """Their calls have the same ids of Asterisk, and are different ones."""
    paths = [tmp_path / name / "journal" for name in ("a", "b")]
    for path in paths:
        write_calls(path, 5)
        node = Ingester(database, path.parent.name, path, ingester_of(database, path)._options)
        node.read_all()
    with database.reading() as connection:
        found = connection.execute(sa.select(calls.c.node_id, sa.func.count()).group_by("node_id"))
        assert dict(found.all()) == {1: 5, 2: 5}


def test_only_one_reads(database: Database) -> None:
    """The second is refused, and may begin when the first has ended."""
    with database.only_writer("node"):
        with pytest.raises(Exception, match="another ivr-agi console"):
            with database.only_writer("node"):
                pass
    with database.only_writer("node"):
        pass


def test_what_goes_on_now(database: Database, tmp_path: Path) -> None:
    """Open calls, stored and not yet stored; nothing is changed by looking."""
    path = tmp_path / "journal"
    file = JournalFile(path)
    lines = call_lines(1, random.Random(2))
    assert ingester_of(database, path).look_ahead() == []
    file.append(b"".join(lines[:2]))
    ingester_of(database, path).read_all()
    file.append(b"".join(lines[2:3]))
    for _ in range(2):
        (events,) = ingester_of(database, path).look_ahead()
        assert [one.event for one in events] == ["call_started", "step", "prompt_started"]


def read_until_killed(make: Callable[[], Database], path: Path) -> None:
    """Read in a child that is killed at some moment."""
    pid = os.fork()
    if pid == 0:
        try:
            database = make()
            ingester = ingester_of(database, path)
            while True:
                ingester.read_block(2_000)
        finally:
            os._exit(1)
    time.sleep(random.random() * 0.25)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@pytest.mark.slow
def test_a_reader_that_is_killed(database: Database, tmp_path: Path) -> None:
    """At any moment, again and again, while calls are written and files sealed."""
    path = tmp_path / "journal"
    url = str(database.file or database.engine.url.set(drivername="postgresql"))
    lines: list[bytes] = []
    database.close()
    for number in range(12):
        rng = random.Random(number)
        made = [line for n in range(10) for line in call_lines(number * 10 + n, rng)]
        file = JournalFile(path, rotate_bytes=100_000)
        file.append(b"".join(made[:70]))
        read_until_killed(lambda: Database(url), path)
        file.append(b"".join(made[70:]))
        file.close()
        lines += made
    n_files = len(list(tmp_path.glob("journal*")))
    ingester_of(database, path).read_all()
    assert_once(database, lines, n_files=n_files)


@pytest.mark.slow
def test_a_database_that_is_stopped(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    """Nothing is lost, and it goes on when the database is back."""
    from tests.store.conftest import empty

    database = Database(postgresql.url)
    empty(database)
    database.upgrade()
    path = tmp_path / "journal"
    lines = write_calls(path, 40)
    ingester = ingester_of(database, path)
    ingester.read_block(5_000)
    postgresql.stop()
    try:
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match="the store cannot be used"):
                ingester.read_block(5_000)
    finally:
        postgresql.start()
    ingester.read_all()
    assert_once(database, lines)
    database.close()


def test_a_failure_in_the_middle_of_a_batch(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in memory is not ahead of what is stored."""
    path = tmp_path / "journal"
    lines = write_calls(path, 20)
    ingester = ingester_of(database, path)
    ingester.read_block(5_000)

    def fail(*_: object) -> None:
        raise MemoryError

    for name in ("_count", "_append_late", "_note_place"):
        with monkeypatch.context() as patch:
            patch.setattr(f"ivr_agi.store.writing.BatchWriter.{name}", fail)
            with pytest.raises(MemoryError):
                ingester.read_block(5_000)
    ingester.read_all()
    assert_once(database, lines)
