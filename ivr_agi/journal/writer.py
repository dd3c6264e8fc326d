"""Writes a journal's lines to its file in a thread, so that a slow disk holds up no call. Shell."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
from typing import TYPE_CHECKING

from ivr_agi.journal.journal import open_journal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("JournalWriter",)

_log = logging.getLogger("ivr_agi.journal")

MAX_WAITING = 100_000
"""Lines that may wait for the disk, some 20 MB; more are dropped."""
GATHER_S = 0.02
"""Seconds of lines that are written together: each time the thread wakes up, calls wait for it."""
MAX_AT_ONCE = 100
"""Lines in one write. They are whole, so that processes may share the file."""


class JournalWriter:
    """Appends to a file. A process has one, made after it was forked.

    Args:
        file: The file. If it is moved away (logrotate), it is created again.

    Raises:
        ConfigError: The file cannot be opened.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._fd = open_journal(file)
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._n_dropped = 0
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Append a line, which ends with a newline. Never waits."""
        if self._lines.qsize() < MAX_WAITING:
            self._lines.put(line)
        else:
            self._n_dropped += 1

    def close(self) -> None:
        """Write what is left and close the file. Waits for the disk."""
        self._is_closing.set()
        self._lines.put(None)
        self._thread.join()
        os.close(self._fd)

    def _run(self) -> None:
        while True:
            lines = [self._lines.get()]
            self._is_closing.wait(GATHER_S)
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
        """Open the file again if another one has its name by now."""
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self._fd), self._file.stat()):
                return
        fd = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        os.close(self._fd)
        self._fd = fd
