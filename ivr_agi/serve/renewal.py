"""A server that replaces itself, without a moment in which nobody takes calls. Shell.

The supervisor first has the new version tried by a process beside it. Then it executes it in its
own place: pid, listening socket, board and running workers stay. The workers of before take calls
until the new ones do, and then finish those that they have. So no call is refused or cut off, and
no process ever runs parts of two versions.

What is handed on is JSON in an environment variable, which names the pid that it is for.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.serve.board import LAYOUT

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("Inheritance", "Renewal", "inheritance")

_log = logging.getLogger("ivr_agi.serve")

TRY_S = 120.0
"""Seconds that a new version has to show that it could start."""
TRY_NICE = 0
"""The trial's nice value, where the server's is lower: callers wait for workers, not for it."""
_VARIABLE = "IVR_AGI_RENEWAL"
_FORMAT = 1


@dataclass(frozen=True)
class Inheritance:
    """What the server that ran in this process before has left."""

    listener: int
    """Its listening socket."""
    owns_path: bool
    """Whether the socket's file is to be deleted at the end: it is not systemd's."""
    board: tuple[int, int] | None
    """The board's memory and the roll's; ``None`` if it is laid out in another way."""
    workers: tuple[tuple[int, int], ...]
    """Seat and pid of each worker that runs."""


def inheritance() -> Inheritance | None:
    """Return what is left for this process; None if it is the first server in it."""
    try:
        left = json.loads(os.environ.pop(_VARIABLE, "{}"))
        if left.get("pid") != os.getpid() or left.get("format") != _FORMAT:
            return None
        board: tuple[int, int] | None = (left["board"][0], left["board"][1])
        for fd in (left["listener"], *left["board"]):
            os.set_inheritable(fd, False)
        if left["layout"] != LAYOUT:
            for fd in left["board"]:
                os.close(fd)
            board = None
        workers = tuple((seat, pid) for seat, pid in left["workers"])
        return Inheritance(left["listener"], left["owns_path"], board, workers)
    except (ValueError, TypeError, KeyError, AttributeError, OSError):
        return None  # somebody else's variable


class Renewal:
    """Tries a new version of the server, and makes this process run it.

    Args:
        command: Program and arguments of the server.
        listener: The fd of the listening socket.
        board: The fds of the board.
        owns_path: Whether the socket's file is ours to delete.
    """

    def __init__(
        self, command: Sequence[str], *, listener: int, board: tuple[int, int], owns_path: bool
    ) -> None:
        self._command = list(command)
        self._listener = listener
        self._board = board
        self._owns_path = owns_path
        self._trial: subprocess.Popen[bytes] | None = None
        self._said = -1
        self._until = 0.0
        self._again = False

    def begin(self) -> None:
        """Try what is installed now; if a trial is running, try once more after it."""
        if self._trial is not None:
            self._again = True
            return
        self._said = os.memfd_create("ivr-agi trial")  # a pipe would have to be read
        self._until = time.monotonic() + TRY_S
        try:
            self._trial = subprocess.Popen(
                [*self._command, "--check"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
            )
        except OSError as exc:
            os.close(self._said)
            _log.error("the server stays as it is: %s cannot be started: %s", *self._name(exc))
            return
        if os.getpriority(os.PRIO_PROCESS, 0) < TRY_NICE:
            with contextlib.suppress(OSError):  # it has ended
                os.setpriority(os.PRIO_PROCESS, self._trial.pid, TRY_NICE)

    def is_tried(self) -> bool:
        """Return True once after a trial that went well. What went wrong is in the log."""
        if self._trial is None:
            return False
        code = self._trial.poll()
        if code is None and time.monotonic() < self._until:
            return False
        if code is None:
            self._trial.kill()
            self._trial.wait()
            reason = f"it did not start within {TRY_S:g} s"
        else:
            reason = self._last_words() or f"exit code {code}"
        os.close(self._said)
        self._trial = None
        if self._again:
            self._again = False
            self.begin()
            return False
        if code != 0:
            _log.error("the server stays as it is: %s", reason)
        return code == 0

    def execute(self, workers: Sequence[tuple[int, int]]) -> None:
        """Run the new version in this process; returns only if that fails, which is logged.

        Args:
            workers: Seat and pid of each worker that runs.
        """
        left = {
            "format": _FORMAT,
            "pid": os.getpid(),
            "listener": self._listener,
            "owns_path": self._owns_path,
            "board": self._board,
            "layout": LAYOUT,
            "workers": list(workers),
        }
        for fd in (self._listener, *self._board):
            os.set_inheritable(fd, True)
        try:
            environment = {**os.environ, _VARIABLE: json.dumps(left)}
            os.execvpe(self._command[0], self._command, environment)
        except OSError as exc:
            for fd in (self._listener, *self._board):
                os.set_inheritable(fd, False)
            _log.error("the server stays as it is: %s cannot be started: %s", *self._name(exc))

    def close(self) -> None:
        """End a trial that still runs."""
        if self._trial is not None:
            self._trial.send_signal(signal.SIGKILL)
            self._trial.wait()
            os.close(self._said)
            self._trial = None

    def _name(self, exc: OSError) -> tuple[str, str]:
        return self._command[0], exc.strerror or str(exc)

    def _last_words(self) -> str:
        size = os.fstat(self._said).st_size
        text = os.pread(self._said, 4096, max(0, size - 4096)).decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""
