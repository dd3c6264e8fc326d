"""Reports when the event loop stood still: no call of this process was heard or answered then.

The rules are in :class:`Lags`, without I/O; :func:`watch_stalls` is the asyncio shell.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_agi.journal import Journal

__all__ = ("Lags", "watch_stalls")

_log = logging.getLogger("ivr_agi.serve")

STEP_S = 0.05
"""Seconds between checks."""
STALL_S = 0.1
"""Lateness that a caller may notice: five frames."""
REPORT_S = 60.0
"""Seconds between summaries in the log, if there were stalls."""


class Lags:
    """A histogram of how late the loop was."""

    BOUNDS_MS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000)

    def __init__(self) -> None:
        self.counts = [0] * (len(self.BOUNDS_MS) + 1)
        """How often the loop was late by at most each bound; the last: by more."""
        self.worst_ms = 0

    def add(self, lag_s: float) -> None:
        """Count one check that was late by this much."""
        lag_ms = max(0, round(lag_s * 1000))
        self.counts[bisect_left(self.BOUNDS_MS, lag_ms)] += 1
        self.worst_ms = max(self.worst_ms, lag_ms)

    def __str__(self) -> str:
        names = [*(f"<={bound}" for bound in self.BOUNDS_MS), f">{self.BOUNDS_MS[-1]}"]
        found = [f"{name} ms {n}x" for name, n in zip(names, self.counts, strict=True) if n]
        return ", ".join(found) or "none"


async def watch_stalls(journal: Journal) -> None:
    """Check every 50 ms until cancelled; log and journal each stall, and a summary every minute."""
    loop = asyncio.get_running_loop()
    lags, report_at = Lags(), loop.time() + REPORT_S
    while True:
        due = loop.time() + STEP_S
        await asyncio.sleep(STEP_S)
        now = loop.time()
        lags.add(now - due)
        if now - due >= STALL_S:
            stalled_ms = round((now - due) * 1000)
            _log.warning("stalled %d ms: nothing was done for any call of this worker", stalled_ms)
            journal.record("stalled", ms=stalled_ms)
        if now >= report_at:
            if lags.worst_ms >= STALL_S * 1000:
                _log.info("lateness of the event loop: %s", lags)
            lags, report_at = Lags(), now + REPORT_S
