"""How long tests wait on a busy machine, and how they measure time there.

A test waits for an event, not for a time: :data:`PATIENCE_S` only ends what would never end. Where
a time is what a test is about, :class:`Stopwatch` leaves out what the machine gave to others.
"""

from __future__ import annotations

import time
from pathlib import Path

__all__ = ("PATIENCE_S", "Stopwatch")

PATIENCE_S = 100
"""Seconds that a test waits for what comes at once on an idle machine."""


class Stopwatch:
    """Seconds since it was made, without those in which this process was ready and others ran.

    The kernel counts them for each thread (``schedstat``, run_delay); where it does not, all count.

    Args:
        pids: Further processes whose waiting is not to count.
    """

    def __init__(self, *pids: int) -> None:
        self._pids = ("self", *pids)
        self._began, self._waited = time.monotonic(), self._read()

    @property
    def seconds(self) -> float:
        """The time so far."""
        return time.monotonic() - self._began - self.waited

    @property
    def waited(self) -> float:
        """Seconds that do not count."""
        return max(0.0, self._read() - self._waited)

    def _read(self) -> float:
        waited_ns = 0
        for pid in self._pids:
            for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                try:
                    waited_ns += int(file.read_text(encoding="ascii").split()[1])
                except (OSError, IndexError):  # a thread, or a process, that is no more
                    continue
        return waited_ns / 1e9
