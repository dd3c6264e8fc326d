"""How long tests wait on a busy machine, and how they measure time there.

A test waits for an event, not for a time: :data:`PATIENCE_S` only ends what would never end. Where
a time is what a test is about, the machine's own stalls are left out of it: those of this thread
(:class:`Stopwatch`), or those that one process beside has (:class:`StallMeter`). Neither is ever
more than the time itself, and nothing of what a program does is left out.
"""

from __future__ import annotations

import atexit
import mmap
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ("PATIENCE_S", "StallMeter", "Stopwatch", "stall_meter")

PATIENCE_S = 100
"""Seconds that a test waits for what comes at once on an idle machine."""
STEP_S = 0.002
PLACES = 8192
"""Stalls that are remembered."""
_HEAD, _PLACE = struct.Struct("dq"), struct.Struct("dd")
_SIZE = _HEAD.size + PLACES * _PLACE.size

_BESIDE = f"""
import mmap, os, struct, sys, time
with open(sys.argv[1], "r+b") as file:
    page = mmap.mmap(file.fileno(), {_SIZE})
parent, number, last = os.getppid(), 0, time.monotonic()
while os.getppid() == parent:
    time.sleep({STEP_S})
    now = time.monotonic()
    if now - last > 2 * {STEP_S}:
        place = {_HEAD.size} + number % {PLACES} * {_PLACE.size}
        struct.pack_into("dd", page, place, last + {STEP_S}, now)
        number += 1
    struct.pack_into("dq", page, 0, now, number)
    last = now
"""


class StallMeter:
    """A process that does nothing but look at the clock: when it is late, the machine stood still.

    It has one core's turn like any other process, so it says nothing of how fast the machine is.
    """

    def __init__(self) -> None:
        with tempfile.NamedTemporaryFile(prefix="ivr-agi-stalls-") as file:
            file.truncate(_SIZE)
            self._page = mmap.mmap(file.fileno(), _SIZE)
            self._process = subprocess.Popen([sys.executable, "-IS", "-c", _BESIDE, file.name])
            self._wait_until(0.0)

    def within(self, begin: float, end: float) -> float:
        """Seconds between two times (monotonic) in which the machine stood still."""
        self._wait_until(end)
        return sum(max(0.0, min(end, to) - max(begin, since)) for since, to in self._spans())

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _wait_until(self, at: float) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self._head()[0] <= at:
            assert self._process.poll() is None, "the meter of stalls has ended"
            assert time.monotonic() < deadline, "the meter of stalls stands still"
            time.sleep(STEP_S)

    def _head(self) -> tuple[float, int]:
        at, number = _HEAD.unpack_from(self._page)
        return at, number

    def _spans(self) -> Iterator[tuple[float, float]]:
        for place in range(min(self._head()[1], PLACES)):
            yield _PLACE.unpack_from(self._page, _HEAD.size + place * _PLACE.size)


_meters: dict[int, StallMeter] = {}


def stall_meter() -> StallMeter:
    """Return the meter of this process, which is started once."""
    pid = os.getpid()
    if pid not in _meters:
        _meters[pid] = StallMeter()
        atexit.register(_meters[pid].close)
    return _meters[pid]


class Stopwatch:
    """Seconds since it was made, without those in which this thread was ready and others ran.

    The kernel counts them (``schedstat``, run_delay); where it does not, all count. Use it in the
    thread that does the work. What other processes do is measured by :class:`StallMeter`.
    """

    def __init__(self) -> None:
        self._file = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._began, self._waited = time.monotonic(), self._read()

    @property
    def seconds(self) -> float:
        """The time so far."""
        return time.monotonic() - self._began - self.waited

    @property
    def waited(self) -> float:
        """Seconds that do not count."""
        return self._read() - self._waited

    def _read(self) -> float:
        try:
            return int(self._file.read_text(encoding="ascii").split()[1]) / 1e9
        except (OSError, IndexError):
            return 0.0
