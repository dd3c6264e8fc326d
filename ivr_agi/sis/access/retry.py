"""How long to wait before the next try, and when to stop trying.

Core, no I/O: elapsed time and randomness come in.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ("Backoff",)


@dataclass(frozen=True)
class Backoff:
    """Waits that double, each shortened at random so that many clients do not come back at once."""

    first_s: float = 0.1
    """Longest wait before the second try, seconds."""
    longest_s: float = 5.0
    """Longest wait before any try, seconds."""
    total_s: float = 1.0
    """No try begins later than this after the first, seconds."""

    def wait_s(self, n_failed: int, elapsed_s: float, jitter: float) -> float | None:
        """Return the wait before the next try.

        Args:
            n_failed: Tries that failed so far, from 1.
            elapsed_s: Seconds since the first try began.
            jitter: A random number from 0 to 1; the wait is half to all of the doubled one.

        Returns:
            Seconds, or None where the time is up.
        """
        doubled_s: float = min(self.longest_s, self.first_s * 2 ** (n_failed - 1))
        wait_s = doubled_s * (1 + jitter) / 2
        return wait_s if elapsed_s + wait_s <= self.total_s else None
