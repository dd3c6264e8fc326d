"""Whether a worker hangs, or only waits for its turn on a busy machine. Core, no I/O.

A worker that hangs serves no caller any more, and is killed. On a machine that is full, paused or
thawed, its sign of life is late without any fault of its own, and killing it would end its calls.
So only time counts in which the supervisor itself ran, and in which the worker could have run.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ("FIRST_BEAT_S", "STUCK_S", "Liveness")

STUCK_S = 10.0
"""Seconds without a sign of life after which a worker is killed: it serves no caller any more."""
FIRST_BEAT_S = 30.0
"""Seconds that a new worker has for its first sign of life."""
LONGEST_LOOK_S = 2.0
"""Seconds that count at most from one look to the next: more is the supervisor's own absence."""


@dataclass
class Liveness:
    """How long a worker has been silent, as the supervisor looks at it about once a second."""

    silent_s: float = 0.0
    """Seconds that count, since the last sign of life or the start."""
    _looked_at: float | None = None
    _beat_s: float = 0.0
    _waited_s: float = 0.0

    def look(self, now: float, beat_s: float, waited_s: float) -> bool:
        """Take note of a worker's signs of life.

        Args:
            now: Monotonic seconds.
            beat_s: When it last gave one; 0: not yet.
            waited_s: Seconds since its start in which it was ready to run, and others ran.

        Returns:
            Whether it hangs.
        """
        if self._looked_at is not None and beat_s == self._beat_s:
            passed_s = min(now - self._looked_at, LONGEST_LOOK_S)
            self.silent_s += max(0.0, passed_s - max(0.0, waited_s - self._waited_s))
        else:
            self.silent_s = 0.0
        self._looked_at, self._beat_s, self._waited_s = now, beat_s, waited_s
        return self.silent_s > (STUCK_S if beat_s else FIRST_BEAT_S)
