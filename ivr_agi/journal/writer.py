"""Writes a journal's lines to its file in a thread, so that a slow disk holds up no call. Shell."""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
import threading
import time
from typing import TYPE_CHECKING

from ivr_agi.journal.file import DEFAULT_ROTATE_BYTES, JournalFile
from ivr_agi.journal.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("JournalWriter",)

_log = logging.getLogger("ivr_agi.journal")

MAX_WAITING = 100_000
"""Lines that may wait for the disk, some 20 MB; more are dropped."""
GATHER_S = 0.02
"""Seconds of lines that are written together: each time the thread wakes up, calls wait for it."""
MAX_AT_ONCE = 100
"""Lines in one write."""
MAX_AT_ONCE_AFTER = 5_000
"""The same of those that have waited for a disk."""
RETRY_S = 1.0
"""Seconds between two tries while the disk takes nothing."""


class JournalWriter:
    """Appends to a file. A process has one, made after it was forked.

    While the disk is full the lines wait. If too many wait, the newest are dropped, and a
    ``journal_gap`` says how many.

    Args:
        file: The file. If it is moved away, it is created again.
        rotate_bytes: A larger file is sealed, and another one begun.

    Raises:
        ConfigError: The file cannot be opened.
    """

    def __init__(self, file: Path, *, rotate_bytes: int = DEFAULT_ROTATE_BYTES) -> None:
        self._name = file
        self._file = JournalFile(file, rotate_bytes=rotate_bytes)
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._waiting: list[bytes] = []
        self._dropped = itertools.count()
        self._n_told = 0
        self._is_failing = False
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Append a line, which ends with a newline. Never waits."""
        if self._lines.qsize() + len(self._waiting) < MAX_WAITING:
            self._lines.put(line)
        else:
            next(self._dropped)

    def close(self) -> None:
        """Write what is left and close the file. Waits for the disk."""
        self._is_closing.set()
        self._lines.put(None)
        self._thread.join()
        self._file.close()

    def _run(self) -> None:
        while True:
            is_last = self._gather()
            self._note_gap()
            self._append()
            if is_last:
                break
        while self._waiting and not self._is_failing:
            self._append()
        if self._waiting:
            _log.error("%s: its last %d lines are lost", self._name, len(self._waiting))

    def _gather(self) -> bool:
        """Wait for lines; return whether these are the last."""
        lines: list[bytes | None] = []
        with contextlib.suppress(queue.Empty):
            if self._waiting:
                lines.append(self._lines.get(timeout=RETRY_S if self._is_failing else GATHER_S))
            else:
                lines.append(self._lines.get())
        self._is_closing.wait(RETRY_S if self._is_failing else GATHER_S)
        with contextlib.suppress(queue.Empty):
            while True:
                lines.append(self._lines.get_nowait())
        self._waiting += [line for line in lines if line is not None]
        return None in lines

    def _append(self) -> None:
        most = MAX_AT_ONCE_AFTER if len(self._waiting) > MAX_AT_ONCE_AFTER else MAX_AT_ONCE
        batch = self._waiting[:most]
        if not batch:
            return
        try:
            self._file.append(b"".join(batch))
        except OSError as exc:
            if not self._is_failing:
                _log.error("%s: lines wait, nothing is written: %s", self._name, exc.strerror)
            self._is_failing = True
            return
        if self._is_failing:
            _log.warning("%s: is written again", self._name)
        self._is_failing = False
        del self._waiting[:most]

    def _note_gap(self) -> None:
        """Write how many lines were dropped, once there is room again."""
        n_dropped = _count_of(self._dropped) - self._n_told
        if n_dropped and len(self._waiting) < MAX_WAITING:
            self._n_told += n_dropped
            _log.error("%s: %d lines were dropped, it is slow", self._name, n_dropped)
            gap = Journal(clock=time.monotonic, write=self._waiting.append)
            gap.record("journal_gap", lines=n_dropped, reason="the disk is full or too slow")


def _count_of(counter: itertools.count[int]) -> int:
    """Return how often a counter was taken from: counting is one step, which no thread divides."""
    return int(repr(counter)[6:-1])
