"""What the worker processes share: how many calls and speech sessions each has. Shell.

It is a page of memory made before the workers are forked, with a lock that the kernel releases if
its holder dies. A change takes a few microseconds, and nothing waits while the lock is held.

A server that replaces itself (:mod:`ivr_agi.serve.renewal`) hands the page on, and so does systemd
over a restart: the workers of both servers count on it, each in a seat of its own. Who has a seat
holds a lock for it, so that the next server finds out which ones are taken, and by whom.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import mmap
import os
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.serve.roll import Roll

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("LAYOUT", "Board", "Seat", "ServerLimits")

LAYOUT = 2
"""Version of what is where on the page. A page of another layout is not taken over."""
N_SEATS = 64
"""At least; four times the workers where those are more. A seat is taken until its worker ends."""
_FIELDS = ("calls", "sessions", "beat_ms", "accepting", "taken", "refused", "failures")
_CALLS, _SESSIONS, _BEAT, _ACCEPTING, _TAKEN, _REFUSED, _FAILURES = range(len(_FIELDS))
_TOKENS, _FILLED_MS = 0, 1
_HEAD = 2
_MILLI = 1000
_COUNTERS_LOCK, _FIRST_SEAT_LOCK = 0, 1
"""Bytes of the page that are locked; only their numbers matter."""
_FLOCK = struct.Struct("@hhqqi0q")
"""``struct flock`` of fcntl(2): type, whence, start, length, process."""


@dataclass(frozen=True)
class ServerLimits:
    """Limits over all workers together; 0 means none."""

    calls: int = 0
    """Calls at the same time."""
    calls_per_s: float = 0.0
    """New calls a second. As many as fit into a second may come at once."""
    sessions: int = 0
    """Calls with a speech session at the same time, and sockets kept for the next one."""
    refuse_over_sessions: bool = False
    """Refuse calls that would have no speech session."""


class Board:
    """Counters of all workers, in shared memory.

    Args:
        n_workers: Number of workers that share it at first.
        fds: Memory of :data:`LAYOUT` that a server of before has left; ``None`` makes new memory.
    """

    def __init__(self, n_workers: int, fds: tuple[int, int] | None = None) -> None:
        self.n_seats = max(N_SEATS, 4 * n_workers)
        """Workers that fit, those included that only finish their last calls."""
        if fds is not None:
            fd = fds[0]
        else:
            fd = os.memfd_create("ivr-agi board")
            os.ftruncate(fd, 8 * (_HEAD + self.n_seats * len(_FIELDS)))
        n_bytes = os.fstat(fd).st_size
        self.n_seats = (n_bytes // 8 - _HEAD) // len(_FIELDS)
        self._fd = fd
        self._map = mmap.mmap(fd, n_bytes)
        self._cells = memoryview(self._map).cast("q")
        self._fields = [
            self._cells[_HEAD + n * self.n_seats : _HEAD + (n + 1) * self.n_seats]
            for n in range(len(_FIELDS))
        ]
        self.roll = Roll(self.n_seats, fds[1] if fds is not None else None)
        """Which calls each worker has."""
        self.fds = (fd, self.roll.fd)
        """The memory, to be handed on."""

    def close(self) -> None:
        """Unmap the memory in this process."""
        self.roll.close()
        for cells in self._fields:
            cells.release()
        self._cells.release()
        self._map.close()
        os.close(self._fd)

    def seat(self, worker: int) -> Seat:
        """Return the place of a worker, 0 to ``n_seats`` - 1."""
        return Seat(self, worker)

    def vacate(self, worker: int) -> None:
        """Reset what belongs to a worker that has died."""
        with self._locked():
            for field in (_CALLS, _SESSIONS, _BEAT, _ACCEPTING):
                self._fields[field][worker] = 0

    def hold(self, worker: int) -> None:
        """Take a seat for this process, until it ends.

        Raises:
            OSError: Another process has it.
        """
        fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _FIRST_SEAT_LOCK + worker)

    def holder(self, worker: int) -> int:
        """Return the pid of the process that has a seat; 0 if nobody, or this one, has it."""
        wanted = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _FIRST_SEAT_LOCK + worker, 1, 0)
        kind, *_, pid = _FLOCK.unpack(fcntl.fcntl(self._fd, fcntl.F_GETLK, wanted))
        return pid if kind != fcntl.F_UNLCK else 0

    def holders(self) -> list[tuple[int, int]]:
        """Return seat and pid of each process that has one."""
        found = ((worker, self.holder(worker)) for worker in range(self.n_seats))
        return [(worker, pid) for worker, pid in found if pid]

    def calls(self, worker: int) -> int:
        """Return the number of calls of a worker."""
        return self._fields[_CALLS][worker]

    def beat_s(self, worker: int) -> float:
        """Return when a worker last gave a sign of life, in monotonic seconds; 0: not yet."""
        return self._fields[_BEAT][worker] / _MILLI

    def total(self, field: str) -> int:
        """Return the sum of ``calls``, ``sessions``, ``taken``, ``refused`` or ``failures``."""
        return sum(self._fields[_FIELDS.index(field)])

    # For a seat.

    def _add(self, worker: int, field: int, change: int) -> None:
        self._fields[field][worker] += change

    def _fits(self, field: int, limit: int) -> bool:
        return not limit or sum(self._fields[field]) < limit

    def _take_token(self, per_s: float, now: float) -> bool:
        """Take from the bucket of new calls; True where one was left."""
        if not per_s:
            return True
        now_ms, full = round(now * _MILLI), round(max(1.0, per_s) * _MILLI)
        gained = round((now_ms - self._cells[_FILLED_MS]) * per_s)  # ms times 1/s: thousandths
        tokens = min(full, self._cells[_TOKENS] + gained)
        self._cells[_FILLED_MS] = now_ms
        has_one = tokens >= _MILLI
        self._cells[_TOKENS] = tokens - _MILLI if has_one else tokens
        return has_one

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.lockf(self._fd, fcntl.LOCK_EX, 1, _COUNTERS_LOCK)  # of the process: gone with it
        try:
            yield
        finally:
            fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, _COUNTERS_LOCK)


class Seat:
    """One worker's place at the board. Only that worker uses it."""

    def __init__(self, board: Board, worker: int) -> None:
        self._board = board
        self._worker = worker

    def take_call(self, limits: ServerLimits, now: float) -> str:
        """Count a new call in.

        Args:
            limits: Limits over all workers.
            now: Monotonic seconds.

        Returns:
            Why the call must be refused; empty if it was counted.
        """
        board = self._board
        with board._locked():
            if not board._fits(_CALLS, limits.calls):
                reason = f"there are {limits.calls} calls already (serve.max_calls)"
            elif limits.refuse_over_sessions and not board._fits(_SESSIONS, limits.sessions):
                reason = f"there are {limits.sessions} speech sessions already (serve.max_sessions)"
            elif not board._take_token(limits.calls_per_s, now):
                reason = (
                    f"more than {limits.calls_per_s:g} new calls a second (serve.max_new_calls)"
                )
            else:
                reason = ""
                board._add(self._worker, _CALLS, 1)
            board._add(self._worker, _REFUSED if reason else _TAKEN, 1)
        return reason

    def end_call(self) -> None:
        """Count a call out."""
        self._board._add(self._worker, _CALLS, -1)

    def enter_call(self, call: str) -> int:
        """Enter a call into the roll; return its slot."""
        return self._board.roll.enter(self._worker, call, time.monotonic())

    def leave_call(self, slot: int) -> None:
        """Take a call out of the roll."""
        self._board.roll.leave(self._worker, slot)

    def take_session(self, limits: ServerLimits) -> bool:
        """Count a speech session in; False if the limit is reached."""
        board = self._board
        with board._locked():
            fits = board._fits(_SESSIONS, limits.sessions)
            board._add(self._worker, _SESSIONS, int(fits))
        return fits

    def note_failure(self) -> None:
        """Count a background job of this worker that failed and is started again."""
        self._board._add(self._worker, _FAILURES, 1)

    def end_session(self) -> None:
        """Count a speech session out."""
        self._board._add(self._worker, _SESSIONS, -1)

    @property
    def is_busiest(self) -> bool:
        """True if another worker that takes calls has fewer."""
        calls, accepting = self._board._fields[_CALLS], self._board._fields[_ACCEPTING]
        return min(itertools.compress(calls, accepting), default=0) < calls[self._worker]

    def accept_calls(self, does: bool) -> None:
        """Note whether this worker takes new calls."""
        self._board._fields[_ACCEPTING][self._worker] = int(does)

    def beat(self) -> None:
        """Give a sign of life."""
        board = self._board
        board._fields[_BEAT][self._worker] = round(time.monotonic() * _MILLI)
