"""Writes lines to a file in a thread, so that a slow disk holds up no call. Shell."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from typing import TYPE_CHECKING

from ivr_agi.journal import open_journal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("LineWriter",)

_log = logging.getLogger("ivr_agi.serve")

MAX_WAITING = 100_000
"""Lines that wait for the disk, some 20 MB; what is more is dropped."""
GATHER_S = 0.02
"""Lines of so long are written together: each time that the thread is woken, calls wait for it."""
MAX_AT_ONCE = 100
"""Lines in one write: whole ones, so that many processes may share the file."""


class LineWriter:
    """Appends to a file. One a process; started in the process that uses it.

    Args:
        file: The file. One that was moved away (logrotate) is made anew.

    Raises:
        ConfigError: It cannot be opened.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._fd = open_journal(file)
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._n_dropped = 0
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Take a line, with its line end; never waits."""
        if self._lines.qsize() < MAX_WAITING:
            self._lines.put(line)
        else:
            self._n_dropped += 1

    def close(self) -> None:
        """Write what is there, and close the file; waits for the disk."""
        self._lines.put(None)
        self._thread.join()
        os.close(self._fd)

    def _run(self) -> None:
        while True:
            lines = [self._lines.get()]
            time.sleep(GATHER_S)
            with contextlib.suppress(queue.Empty):
                while len(lines) < MAX_AT_ONCE:
                    lines.append(self._lines.get_nowait())
            whole = [line for line in lines if line is not None]
            try:
                self._follow()
                os.write(self._fd, b"".join(whole))
            except OSError as exc:
                _log.error("%s: %d lines are lost: %s", self._file, len(whole), exc.strerror)
            if self._n_dropped:
                _log.error("%s: %d lines were dropped, it is slow", self._file, self._n_dropped)
                self._n_dropped = 0
            if len(whole) < len(lines):
                return

    def _follow(self) -> None:
        """Open the file anew where it is another by now."""
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self._fd), self._file.stat()):
                return
        fd = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        os.close(self._fd)
        self._fd = fd
