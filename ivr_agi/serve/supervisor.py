"""The parent of the worker processes: starts them, replaces them, passes signals on. Shell.

It has no event loop and touches no call: it waits for signals, and checks once a second that every
worker is alive. A worker that dies takes its own calls with it (Asterisk sees their pipes closed
and continues the dialplan) and no others. It is replaced at once.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.serve.systemd import notify, watchdog_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.serve.board import Board

__all__ = ("Supervisor",)

_log = logging.getLogger("ivr_agi.serve")

CHECK_INTERVAL_S = 1.0
"""Time between looks; also how long a worker is left dead that died at once."""
STUCK_S = 10.0
"""Seconds without a sign of life after which a worker is killed: it serves no caller any more."""
FIRST_BEAT_S = 30.0
"""Seconds that a new worker has for its first sign of life."""
KILL_S = 5.0
"""Seconds after the end of the drain until the workers that are left are killed."""

_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_SIGNALS = {*_HANDLED, signal.SIGCHLD}


@dataclass
class _Worker:
    number: int
    pid: int = 0
    started_at: float = 0.0


class Supervisor:
    """Keeps one process running for each seat of a board.

    Args:
        board: What the workers share.
        work: Called in each new process with its number. It unblocks the signals when it is ready
            for them, and returns the exit code.
        drain_s: Seconds that running calls may continue after SIGTERM.
        bury: Called with the number of a worker that has ended; must not raise.
    """

    def __init__(
        self,
        board: Board,
        work: Callable[[int], int],
        *,
        drain_s: float,
        bury: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._board = board
        self._work = work
        self._drain_s = drain_s
        self._bury = bury
        self._came: deque[int] = deque()
        self._workers = [_Worker(number) for number in range(board.n_workers)]
        self._stop_at: float | None = None

    def run(self, announce: Callable[[], None] = lambda: None) -> int:
        """Run until SIGTERM or SIGINT and the end of all workers. Return the exit code.

        Args:
            announce: Says that the server is there; called when signals are handled.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        handlers = {number: signal.signal(number, self._note) for number in _HANDLED}
        try:
            announce()
            for worker in self._workers:
                self._start(worker)
            notify("READY=1")
            return self._supervise()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _note(self, number: int, _: object) -> None:
        """Keep a signal that another thread took.

        It came while this one did not wait. Threads that libraries start when they are imported
        (numpy's) do not block signals, and by default SIGHUP would end the process there.
        """
        self._came.append(number)

    def _supervise(self) -> int:
        wait_s = min(CHECK_INTERVAL_S, (watchdog_s() or CHECK_INTERVAL_S) / 2)
        while True:
            came = signal.sigtimedwait(_SIGNALS, wait_s)
            number = came.si_signo if came is not None else None
            if self._came and number in (None, signal.SIGCHLD):
                number = self._came.popleft()
            if number in (signal.SIGTERM, signal.SIGINT):
                self._stop()
            elif number == signal.SIGHUP:
                _log.info("reloading")
                self._signal(signal.SIGHUP)
            self._reap()
            now = time.monotonic()
            if self._stop_at is None:
                self._look_after(now)
            elif not any(worker.pid for worker in self._workers):
                return 0
            elif now > self._stop_at:
                self._signal(signal.SIGKILL)
            notify(f"WATCHDOG=1\nSTATUS={self._describe()}")

    def _describe(self) -> str:
        """Return what ``systemctl status`` shows."""
        status = f"{self._board.total('calls')} calls"
        if n_failures := self._board.total("failures"):
            status += f", background jobs failed {n_failures} times (see the log)"
        return status

    def _start(self, worker: _Worker) -> None:
        worker.started_at = time.monotonic()
        pid = os.fork()
        if pid:
            worker.pid = pid
            return
        code = 1
        try:
            for number in _HANDLED:
                signal.signal(number, signal.SIG_DFL)  # blocked until the worker is ready
            code = self._work(worker.number)
        except BaseException:  # noqa: BLE001  # the process's outermost frame
            _log.exception("worker %d failed", worker.number)
        finally:
            logging.shutdown()
            os._exit(code)  # nothing of the parent's is for us to clean up

    def _reap(self) -> None:
        for worker in self._workers:
            if not worker.pid:
                continue
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if not pid:
                continue
            n_calls = self._board.calls(worker.number)
            self._bury(worker.number)
            self._board.vacate(worker.number)
            worker.pid = 0
            if self._stop_at is None:
                code = os.waitstatus_to_exitcode(status)
                _log.error("worker %d ended (%d) with %d calls", worker.number, code, n_calls)

    def _look_after(self, now: float) -> None:
        """Start workers that are missing, kill those that hang."""
        for worker in self._workers:
            if not worker.pid:
                if now - worker.started_at >= CHECK_INTERVAL_S:  # else it would die again at once
                    self._start(worker)
                continue
            beat_s = self._board.beat_s(worker.number)
            if now > (beat_s + STUCK_S if beat_s else worker.started_at + FIRST_BEAT_S):
                _log.error("worker %d hangs and is killed", worker.number)
                os.kill(worker.pid, signal.SIGKILL)

    def _stop(self) -> None:
        if self._stop_at is None:
            self._stop_at = time.monotonic() + self._drain_s + KILL_S
            notify("STOPPING=1")
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.pid:
                os.kill(worker.pid, number)
