"""``python -m tests.store.once``: each line is stored once, over kills, full disks and restarts.

Writers append the lines of calls, as workers do, while the reader is killed at random. In between,
the disk of journal and store is full, a writer dies in the middle of a line, a file that was sealed
ends in the middle of one, and PostgreSQL is stopped at once and started again. In the end the lines
in the store are compared with those that were written, byte by byte.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import logging
import mmap
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.synchronize import Semaphore
from pathlib import Path

import sqlalchemy as sa

from benchmarks.postgresql import PostgresqlServer, postgresql_server
from ivr_agi.journal.writer import JournalWriter
from ivr_agi.store.batch import unpack_lines
from ivr_agi.store.database import Database, StoreUnavailable
from ivr_agi.store.tables import node_events, open_lines, timelines
from tests.patience import PATIENCE_S
from tests.store.journals import assert_once, call_lines, event, ingester_of

__all__ = ("OncePlan", "OnceResult", "mixed_lines", "run_once", "small_disk", "stored_lines")

WRITERS = 4
AT_ONCE = 30
"""Calls of a writer whose lines are mixed."""
READ_BYTES = 4_000
ROTATE_BYTES = 200_000
DISK_MB = 32
LONGEST_LIFE_S = 0.25
"""Of a reader."""


@dataclass(frozen=True)
class OncePlan:
    """What happens."""

    kills: int = 100
    calls: int = 500
    seed: int = 1


@dataclass
class OnceResult:
    """What happened."""

    n_lines: int = 0
    n_kills: int = 0
    n_kills_in_a_batch: int = 0
    n_full_for_writers: int = 0
    n_full_for_readers: int = 0
    n_torn: int = 0
    n_restarts: int = 0
    n_bad: int = 0
    missing: list[bytes] = field(default_factory=list)
    twice: list[bytes] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether each line is there once."""
        return not self.missing and not self.twice


class _Seen:
    """Counters that processes share; each has its own byte, which its owner alone changes."""

    def __init__(self) -> None:
        self._bytes = mmap.mmap(-1, 4096)

    def set(self, at: int, value: int = 1) -> None:
        self._bytes[at] = value

    def __getitem__(self, at: int) -> int:
        return self._bytes[at]


_IN_BATCH, _READER_FULL, _MAY_END = 0, 1, 2
_WRITERS_FULL = range(3, 3 + WRITERS)


class _NoteFailure(logging.Handler):
    """Tells the parent whether a writer's disk takes something: an error, then a warning."""

    def __init__(self, seen: _Seen, at: int) -> None:
        super().__init__(logging.WARNING)
        self._seen, self._at = seen, at

    def emit(self, record: logging.LogRecord) -> None:
        self._seen.set(self._at, int(record.levelno == logging.ERROR))


def mixed_lines(writer: int, calls: range, seed: int) -> list[bytes]:
    """The lines of a writer's calls, mixed, and some that belong to no call."""
    rng = random.Random(f"{seed} {writer}")
    waiting = [iter(call_lines(n, random.Random(f"{seed} {n}"), start_s=n * 0.5)) for n in calls]
    under_way: list[Iterator[bytes]] = []
    lines: list[bytes] = []
    waiting.reverse()
    while waiting or under_way:
        while waiting and len(under_way) < AT_ONCE:
            under_way.append(waiting.pop())
        chosen = rng.choice(under_way)
        if (line := next(chosen, None)) is None:
            under_way.remove(chosen)
        else:
            lines.append(line)
        if rng.random() < 0.01:
            lines.append(event("", 1e6 * (writer + 1) + len(lines), "stalled", ms=120))
    return lines


def stored_lines(database: Database) -> Counter[bytes]:
    """Every line in the store, but the first of each file."""
    found: Counter[bytes] = Counter()
    with database.reading() as connection:
        for table in (timelines, open_lines):
            for row in connection.execute(sa.select(table.c.lines)):
                found.update(unpack_lines(row.lines))
        query = sa.select(node_events.c.line).where(node_events.c.event != "journal_file")
        found.update(row.line.encode() for row in connection.execute(query))
    return found


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small disk there meanwhile.

    Raises:
        PermissionError: Nobody may here.
    """
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0777", "once", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise PermissionError("a full disk needs the right to mount one: run it as root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class _Trial:
    def __init__(
        self, folder: Path, url: str, server: PostgresqlServer | None, plan: OncePlan
    ) -> None:
        self.journal = folder / "journal.jsonl"
        self.filler = folder / "filler"
        self.url, self.server, self.plan = url, server, plan
        self.rng = random.Random(plan.seed)
        self.seen = _Seen()
        self.permits: Semaphore = multiprocessing.get_context("fork").Semaphore(0)
        self.n_permitted = 0
        self.result = OnceResult()
        share = -(-plan.calls // WRITERS)
        parts = [range(n * share, min(plan.calls, (n + 1) * share)) for n in range(WRITERS)]
        self.lines = [mixed_lines(n, part, plan.seed) for n, part in enumerate(parts)]

    def run(self) -> OnceResult:
        database = Database(self.url)
        database.upgrade()
        database.close()
        pids = [self._fork(lambda n=n: self._write(n)) for n in range(WRITERS)]  # type: ignore[misc]
        try:
            n_lines = sum(map(len, self.lines))
            for number in range(self.plan.kills):
                self._round(number, n_lines * (number + 1) // self.plan.kills - self.n_permitted)
            self.seen.set(_MAY_END)
        finally:
            for pid in pids:
                if sys.exc_info()[0] is not None:
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        self._compare()
        return self.result

    def _round(self, number: int, n_lines: int) -> None:
        """Let writers go on by some lines; kill a reader; and sometimes something worse."""
        kills = self.plan.kills
        if number in (kills // 4, kills * 3 // 4):
            self._with_full_disk(n_lines)
        else:
            self._permit(n_lines)
        if number in (kills // 3, kills // 2):
            self._tear(seals=number == kills // 2)
        if self.server is not None and number in (kills // 5, kills * 2 // 3):
            pid = self._fork(self._read)
            time.sleep(self.rng.random() * LONGEST_LIFE_S)
            self.server.stop()
            self.server.start()
            self.result.n_restarts += 1
        else:
            pid = self._fork(self._read)
        time.sleep(self.rng.random() * LONGEST_LIFE_S)
        self._kill(pid)

    def _permit(self, n_lines: int) -> None:
        for _ in range(n_lines):  # none where more were needed before
            self.permits.release()
            self.n_permitted += 1

    def _kill(self, pid: int, *, counts: bool = True) -> None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        if counts:
            self.result.n_kills += 1
            self.result.n_kills_in_a_batch += self.seen[_IN_BATCH]
        self.seen.set(_IN_BATCH, 0)

    def _with_full_disk(self, n_lines: int) -> None:
        """Fill the disk, until a writer and, if its store is there, a reader has met it."""
        self._permit(n_lines // 2)
        _wait_until(lambda: self.permits.get_value() == 0)
        time.sleep(0.1)
        self.seen.set(_READER_FULL, 0)
        is_sqlite = self.server is None
        if is_sqlite:
            database = Database(self.url)
            with database.engine.connect() as connection:  # the next transaction needs room
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()
        _fill(self.filler)
        pid = self._fork(self._read)
        try:
            _wait_until(self._has_writer_failed)
            _wait_until(lambda: not is_sqlite or self.seen[_READER_FULL] == 1)
        finally:
            self._kill(pid, counts=False)
            self.filler.unlink()
        _wait_until(lambda: not any(self.seen[at] for at in _WRITERS_FULL))
        self.result.n_full_for_writers += 1
        self.result.n_full_for_readers += is_sqlite

    def _has_writer_failed(self) -> bool:
        """Let writers go on if none has: some lines find room in the file's last page."""
        if any(self.seen[at] for at in _WRITERS_FULL):
            return True
        if self.permits.get_value() == 0:
            self._permit(5)
        return False

    def _tear(self, *, seals: bool) -> None:
        """Die as a writer in the middle of a line; ``seals``: and the machine with it."""

        def die() -> None:
            fd = os.open(self.journal, os.O_WRONLY | os.O_APPEND)
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.pwrite(fd, b"", 0) == 0 and os.fstat(fd).st_size:
                os.write(fd, event("torn", 1, "voice_start", trace_id="never whole")[:40])
                if seals:
                    self.journal.rename(self.journal.with_name("journal.jsonl.torn"))
            os.kill(os.getpid(), signal.SIGKILL)

        _wait_until(lambda: self.journal.exists() and self.journal.stat().st_size > 0)
        os.waitpid(self._fork(die), 0)
        self.result.n_torn += 1
        self.result.n_bad += seals

    def _compare(self) -> None:
        database = Database(self.url)
        ingester_of(database, self.journal).read_all()
        written = Counter(line.rstrip(b"\n") for lines in self.lines for line in lines)
        stored = stored_lines(database)
        self.result.n_lines = written.total()
        self.result.missing = list((written - stored).elements())
        self.result.twice = list((stored - written).elements())
        n_files = len(list(self.journal.parent.glob("journal.jsonl*")))
        lines = [line for lines in self.lines for line in lines]
        assert_once(database, lines, n_bad=self.result.n_bad, n_files=n_files)
        database.close()

    def _write(self, number: int) -> None:
        logger = logging.getLogger("ivr_agi.journal")
        logger.addHandler(_NoteFailure(self.seen, _WRITERS_FULL[number]))
        logger.propagate = False
        writer = JournalWriter(self.journal, rotate_bytes=ROTATE_BYTES)
        for line in self.lines[number]:
            self.permits.acquire()
            writer.write(line)
        _wait_until(lambda: self.seen[_MAY_END] == 1)  # what waits for a disk is lost by an end
        writer.close()

    def _read(self) -> None:
        database = Database(self.url)
        ingester = ingester_of(database, self.journal)
        while True:
            self.seen.set(_IN_BATCH)
            try:
                n_lines = ingester.read_block(READ_BYTES)
            except StoreUnavailable:  # it says "full", or that a file could not be made
                self.seen.set(_READER_FULL)
                n_lines = 0
            self.seen.set(_IN_BATCH, 0)
            if not n_lines:
                time.sleep(0.005)

    def _fork(self, run: Callable[[], None]) -> int:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                run()
                code = 0
            finally:
                os._exit(code)
        return pid


def _fill(file: Path) -> None:
    """Take all room that is left."""
    with file.open("wb", buffering=0) as opened:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    opened.write(b"\0" * size)
            except OSError as exc:
                if exc.errno != errno.ENOSPC:
                    raise


def _wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not come")
        time.sleep(0.01)


def run_once(folder: Path, plan: OncePlan, server: PostgresqlServer | None) -> OnceResult:
    """Run it.

    Args:
        folder: Of the journal, and of an SQLite store: a small disk (:func:`small_disk`).
        plan: What happens.
        server: PostgreSQL, with an empty database; None: SQLite.
    """
    url = str(folder / "store.sqlite3") if server is None else server.url
    return _Trial(folder, url, server, plan).run()


def main() -> int:
    """Run it with both databases; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.store.once", description=__doc__)
    parser.add_argument("--kills", type=int, default=OncePlan.kills, help="default: %(default)s")
    parser.add_argument("--calls", type=int, default=OncePlan.calls, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=OncePlan.seed, help="default: %(default)s")
    plan = OncePlan(**vars(parser.parse_args()))
    n_wrong = 0
    for kind in ("sqlite", "postgresql"):
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ivr-agi-once-")))
            stack.enter_context(small_disk(folder))
            server = None
            if kind == "postgresql":
                short = stack.enter_context(tempfile.TemporaryDirectory(prefix="ivr-agi-pg-"))
                server = stack.enter_context(postgresql_server(Path(short)))
            done = run_once(folder, plan, server)
        n_wrong += not done.is_right
        sys.stdout.write(
            f"{kind}: {plan.calls} calls, {done.n_lines} lines; {done.n_kills} kills, "
            f"{done.n_kills_in_a_batch} of them in a batch; disk full {done.n_full_for_writers} "
            f"times for writers, {done.n_full_for_readers} for the reader; {done.n_torn} torn "
            f"files; {done.n_restarts} restarts of the database: {len(done.missing)} lines "
            f"missing, {len(done.twice)} twice\n"
        )
    return int(n_wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
