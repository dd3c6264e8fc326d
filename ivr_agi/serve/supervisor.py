"""The parent of the worker processes: starts them, replaces them, passes signals on. Shell.

It has no event loop and touches no call: it waits for signals, and checks once a second that every
worker is alive. A worker that dies takes its own calls with it (Asterisk sees their pipes closed
and continues the dialplan) and no others. It is replaced at once.

At SIGHUP the server is replaced by what is installed now (:mod:`ivr_agi.serve.renewal`): settings,
flows and code. This process, its pid and the socket stay, new workers come, and those of before
finish their calls.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.serve.liveness import Liveness
from ivr_agi.serve.signals import HANDLED, RETIRE, SIGNALS
from ivr_agi.serve.systemd import notify, watchdog_s

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ivr_agi.serve.board import Board
    from ivr_agi.serve.renewal import Renewal

__all__ = ("NO_SEAT", "Supervisor")

_log = logging.getLogger("ivr_agi.serve")

CHECK_INTERVAL_S = 1.0
"""Time between looks; also how long a worker is left dead that died at once."""
KILL_S = 25.0
"""Seconds after the drain until the workers that are left are killed. They tell the dialplans of
their calls in the meantime."""


NO_SEAT = -1


@dataclass
class _Worker:
    number: int
    """Its seat at the board; :data:`NO_SEAT` if it is counted on a board of another layout."""
    pid: int = 0
    started_at: float = 0.0
    is_older: bool = False
    """Of the server before: it is not replaced."""
    liveness: Liveness = field(default_factory=Liveness)


class Supervisor:
    """Keeps so many processes running, each with a seat of its own at the board.

    Args:
        board: What the workers share.
        work: Called in each new process with the number of its seat. It unblocks the signals when
            it is ready for them, and returns the exit code.
        n_workers: Number of processes.
        drain_s: Seconds that running calls may continue after SIGTERM.
        bury: Called with the number of a worker that has ended; must not raise.
        renewal: Replaces the server at SIGHUP; ``None``: SIGHUP does nothing.
        older: Seats and pids of workers that servers before have left: our own children after a
            renewal, others after a restart.
        leaves_workers: At SIGTERM, end at once and let the workers finish alone: systemd starts
            the next server only after our end.
    """

    def __init__(
        self,
        board: Board,
        work: Callable[[int], int],
        *,
        n_workers: int,
        drain_s: float,
        bury: Callable[[int], None] = lambda _: None,
        renewal: Renewal | None = None,
        older: Sequence[tuple[int, int]] = (),
        leaves_workers: bool = False,
    ) -> None:
        self._board = board
        self._work = work
        self._drain_s = drain_s
        self._bury = bury
        self._came: deque[int] = deque()
        self._renewal = renewal
        self._leaves_workers = leaves_workers
        now = time.monotonic()
        self._older = [_Worker(seat, pid, now, is_older=True) for seat, pid in older]
        taken = {worker.number for worker in self._older}
        free = [seat for seat in range(board.n_seats) if seat not in taken]
        self._workers = [_Worker(seat) for seat in free[:n_workers]]
        self._stop_at: float | None = None

    def run(self, announce: Callable[[], object] = lambda: None) -> int:
        """Run until SIGTERM or SIGINT and the end of all workers. Return the exit code.

        Args:
            announce: Says that the server is there; called when signals are handled.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        handlers = {number: signal.signal(number, self._note) for number in HANDLED}
        try:
            announce()
            self._bury_the_dead()
            for worker in self._workers:
                self._board.vacate(worker.number)
                self._start(worker)
            notify("READY=1")
            return self._supervise()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            if self._renewal is not None:
                self._renewal.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @property
    def _all(self) -> list[_Worker]:
        return [*self._older, *self._workers]

    def _note(self, number: int, _: object) -> None:
        """Keep a signal that another thread took.

        It came while this one did not wait. Threads that libraries start when they are imported
        (numpy's) do not block signals, and by default SIGHUP would end the process there.
        """
        self._came.append(number)

    def _supervise(self) -> int:
        wait_s = min(CHECK_INTERVAL_S, (watchdog_s() or CHECK_INTERVAL_S) / 2)
        are_older_told = not self._older
        while True:
            came = signal.sigtimedwait(SIGNALS, wait_s)
            number = came.si_signo if came is not None else None
            if self._came and number in (None, signal.SIGCHLD):
                number = self._came.popleft()
            if number in (signal.SIGTERM, signal.SIGINT):
                self._stop()
                if self._leaves_workers:
                    return 0
            elif number == signal.SIGHUP:
                self._begin_renewal()
            self._reap()
            now = time.monotonic()
            if self._stop_at is None:
                self._look_after(now)
                are_older_told = are_older_told or self._retire_older()
                self._renew()
            elif not any(worker.pid for worker in self._all):
                return 0
            elif now > self._stop_at:
                self._signal(signal.SIGKILL)
            notify(f"WATCHDOG=1\nSTATUS={self._describe()}")

    def _describe(self) -> str:
        """Return what ``systemctl status`` shows."""
        status = f"{self._board.total('calls')} calls"
        if self._older:
            status += f", older workers that finish theirs: {len(self._older)}"
        if n_failures := self._board.total("failures"):
            status += f", background jobs failed {n_failures} times (see the log)"
        return status

    # A newer server in place of this one.

    def _begin_renewal(self) -> None:
        if self._renewal is None or self._stop_at is not None:
            return
        if len(self._all) + len(self._workers) > self._board.n_seats:
            _log.error(
                "the server stays as it is: %d workers of earlier ones still have calls",
                len(self._older),
            )
            return
        _log.info("the server is to be replaced: trying what is installed now")
        self._renewal.begin()

    def _renew(self) -> None:
        if self._renewal is not None and self._renewal.is_tried():
            _log.info("the server is replaced")
            notify("RELOADING=1")
            self._renewal.execute(
                [(worker.number, worker.pid) for worker in self._all if worker.pid]
            )
            notify("READY=1")  # it could not be

    def _retire_older(self) -> bool:
        """Have the older workers take no more calls, once all new ones take them."""
        if not all(self._board.beat_s(worker.number) for worker in self._workers):
            return False
        n_calls = sum(self._calls(worker) for worker in self._older)
        _log.info("new workers take the calls; older ones finish %d calls", n_calls)
        for worker in self._older:
            with contextlib.suppress(ProcessLookupError):  # after a restart it is no child of ours
                os.kill(worker.pid, RETIRE)
        return True

    def _calls(self, worker: _Worker) -> int:
        return self._board.calls(worker.number) if worker.number != NO_SEAT else 0

    # Processes.

    def _bury_the_dead(self) -> None:
        """Clear seats whose workers have died while no server was there to see it."""
        for seat in range(self._board.n_seats):
            if self._board.calls(seat) and not self._board.holder(seat):
                self._bury(seat)
                self._board.vacate(seat)

    def _start(self, worker: _Worker) -> None:
        worker.started_at, worker.liveness = time.monotonic(), Liveness()
        pid = os.fork()
        if pid:
            worker.pid = pid
            return
        code = 1
        try:
            for number in HANDLED:
                signal.signal(number, signal.SIG_DFL)  # blocked until the worker is ready
            self._board.hold(worker.number)
            code = self._work(worker.number)
        except BaseException:  # noqa: BLE001  # the process's outermost frame
            _log.exception("worker %d failed", worker.number)
        finally:
            logging.shutdown()
            os._exit(code)  # nothing of the parent's is for us to clean up

    def _reap(self) -> None:
        for worker in self._all:
            if not worker.pid:
                continue
            try:
                pid, status = os.waitpid(worker.pid, os.WNOHANG)
            except ChildProcessError:  # a server before has started it
                if worker.number != NO_SEAT and self._board.holder(worker.number) == worker.pid:
                    continue
                pid, status = worker.pid, 0
            if not pid:
                continue
            n_calls = self._calls(worker)
            if worker.number != NO_SEAT and not self._board.holder(worker.number):
                self._bury(worker.number)
                self._board.vacate(worker.number)
            worker.pid = 0
            code = os.waitstatus_to_exitcode(status)
            if self._stop_at is None and not (worker.is_older and code == 0):
                _log.error("worker %d ended (%d) with %d calls", worker.number, code, n_calls)
        self._older = [worker for worker in self._older if worker.pid]

    def _look_after(self, now: float) -> None:
        """Start workers that are missing, kill those that hang."""
        for worker in self._all:
            if not worker.pid:
                if now - worker.started_at >= CHECK_INTERVAL_S:  # else it would die again at once
                    self._start(worker)
                continue
            if worker.number == NO_SEAT:
                continue
            beat_s = self._board.beat_s(worker.number)
            if worker.liveness.look(now, beat_s, _waited_s(worker.pid)):
                _log.error("worker %d hangs and is killed", worker.number)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)

    def _stop(self) -> None:
        if self._stop_at is None:
            self._stop_at = time.monotonic() + self._drain_s + KILL_S
            notify("STOPPING=1")
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        """Signal our own: those that a restart has left were told to end, and twice means now."""
        for worker in self._all:
            if worker.pid and _is_child(worker.pid):
                os.kill(worker.pid, number)


def _waited_s(pid: int) -> float:
    """Return for how long a process's main thread was ready and others ran; 0: not known.

    Source: ``schedstat`` in proc(5), run_delay.
    """
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _is_child(pid: int) -> bool:
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
