"""When to try again: which endpoint to use, which to avoid for a while, how long to wait.

Core, no I/O: times and randomness are arguments. Times in :class:`Health` are wall clock seconds,
because they outlive processes and restarts.

Source: ``sis-protocol.md`` 2.2 (lockout) and 12.2 (client rule).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.errors import SpeechRejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ivr_agi.errors import SpeechError

__all__ = (
    "ASKED_TOTAL_S",
    "FIRST_REST_S",
    "LONGEST_REST_S",
    "MAX_REFUSALS",
    "REFUSAL_PAUSE_S",
    "Backoff",
    "Health",
    "asked_s",
    "order",
    "refused",
    "struck",
)

FIRST_REST_S = 15.0
LONGEST_REST_S = 300.0
"""Seconds that an endpoint is avoided: after one failure, doubled with each further one, and at
most."""

ASKED_TOTAL_S = 3.0
"""Longest that a service is waited for because it asks for it (``Retry-After``), seconds: a prompt
has little more."""

MAX_REFUSALS = 4
"""Most 401 or 403 in a row: the fifth may lock an access key."""
REFUSAL_PAUSE_S = 300.0
"""Seconds that nothing is sent after that; the vendor's lock lasts as long."""


class Health(msgspec.Struct, frozen=True):
    """What is known of an endpoint, or of credentials. The default is healthy."""

    failures: int = 0
    """In a row."""
    until: float = 0.0
    """End of its rest, wall clock seconds."""
    error: str = ""
    """The last failure, one line."""

    def rests(self, now: float) -> bool:
        """Whether to avoid it now. Setting the clock back does not prolong the rest."""
        return now < self.until <= now + max(LONGEST_REST_S, REFUSAL_PAUSE_S)


def struck(health: Health, now: float, error: str = "", asked_s: float | None = None) -> Health:
    """Return the health of an endpoint after one more failure; it may ask for a longer rest."""
    rest_s = FIRST_REST_S * 2 ** min(health.failures, 10)
    rest_s = min(LONGEST_REST_S, max(rest_s, asked_s or 0.0))
    return Health(failures=health.failures + 1, until=now + rest_s, error=error)


def refused(health: Health, now: float, error: str = "") -> Health:
    """Return the health of credentials after one more 401 or 403."""
    failures = health.failures + 1
    if failures < MAX_REFUSALS:
        return Health(failures=failures, error=error)
    # Counting continues: after the pause there is one try, then the next pause.
    return Health(failures=failures, until=now + REFUSAL_PAUSE_S, error=error)


def order(names: Sequence[str], known: Mapping[str, Health], now: float) -> list[str]:
    """Return the endpoints in the order in which to try them.

    Healthy ones as configured, then resting ones by the end of their rest: if all are resting,
    trying is still better than giving up.
    """
    health = {name: known.get(name, Health()) for name in names}
    resting = [name for name in names if health[name].rests(now)]
    return [name for name in names if name not in resting] + sorted(
        resting, key=lambda name: health[name].until
    )


def asked_s(error: SpeechError) -> float | None:
    """Return the wait that a service asks for, seconds."""
    return error.retry_after_s if isinstance(error, SpeechRejected) else None


@dataclass(frozen=True)
class Backoff:
    """Waits that double, each shortened at random so that clients do not all return at once."""

    first_s: float = 0.1
    """Longest wait before the second try, seconds."""
    longest_s: float = 5.0
    """Longest wait before any try, seconds."""
    total_s: float = 1.0
    """Latest start of a try after the first one, seconds."""

    def wait_s(
        self, n_failed: int, elapsed_s: float, jitter: float, asked_s: float | None = None
    ) -> float | None:
        """Return the wait before the next try.

        Args:
            n_failed: Number of failed tries so far, from 1.
            elapsed_s: Seconds since the first try began.
            jitter: A random number from 0 to 1; the wait is 50 to 100 % of the doubled one.
            asked_s: The wait that the service asks for; it is kept if it ends within
                :data:`ASKED_TOTAL_S`.

        Returns:
            Seconds, or None if the time is up.
        """
        if asked_s is not None:
            return asked_s if elapsed_s + asked_s <= max(self.total_s, ASKED_TOTAL_S) else None
        doubled_s: float = min(self.longest_s, self.first_s * 2 ** (n_failed - 1))
        wait_s = doubled_s * (1 + jitter) / 2
        return wait_s if elapsed_s + wait_s <= self.total_s else None
