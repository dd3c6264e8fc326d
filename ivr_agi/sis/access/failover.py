"""The endpoints of one call in order: which one to use, and which one next when it fails.

Shell: reads the clock and the shared file with the health of endpoints; the rules are in
:mod:`ivr_agi.sis.access.health`. A call stays with the endpoint that works. An endpoint that failed
is avoided by all calls for a while, so that only the first of them waits for it.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from ivr_agi.errors import Remedy, SpeechError, SpeechUnavailable
from ivr_agi.sis.access.health import Backoff, Health, asked_s, order, struck
from ivr_agi.sis.access.shared_file import SharedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ivr_agi.sis.access.endpoint import Endpoint

__all__ = ("EndpointAttempts", "Endpoints")

_log = logging.getLogger("ivr_agi.sis")

_NOT_ITS_FAULT = frozenset({Remedy.FIX_REQUEST, Remedy.CLIENT_TIMING})
"""The endpoint is healthy, but cannot serve this request. Neither is one that is full (SIS.0312)
broken: this call goes elsewhere, the others stay."""


class Endpoints:
    """The endpoints that a call may use for one kind of work.

    Args:
        endpoints: One or more, in order of preference.
        health: Shared by all calls; default: this call's own.
        work: ``rasr`` or ``rtts``: an endpoint may be able to do only one of them.
        clock: Returns wall clock seconds.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        health: SharedFile[Health] | None = None,
        *,
        work: str = "rasr",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._endpoints = tuple(endpoints)
        self._names = {f"{work} {endpoint.url}": endpoint for endpoint in self._endpoints}
        self._health = health or SharedFile(Health)
        self._clock = clock
        self._in_use: Endpoint | None = None

    @property
    def first(self) -> Endpoint:
        """The preferred endpoint."""
        return self._endpoints[0]

    @property
    def in_use(self) -> Endpoint:
        """The endpoint that worked last in this call, or the one to try first."""
        return self.candidates()[0]

    def candidates(self) -> list[Endpoint]:
        """Return all endpoints in the order in which to try them now."""
        known = self._health.read() if len(self._names) > 1 else {}
        found = [self._names[name] for name in order(list(self._names), known, self._clock())]
        if self._in_use is not None:
            found.remove(self._in_use)
            found.insert(0, self._in_use)
        return found

    def worked(self, endpoint: Endpoint) -> None:
        """Note that an endpoint works; the call stays with it."""
        if self._in_use is endpoint:
            return
        self._in_use = endpoint
        name = self._name(endpoint)
        if name in self._health.read():
            with self._health.change() as entries:
                entries.pop(name, None)

    def failed(self, endpoint: Endpoint, error: SpeechError) -> bool:
        """Note that an endpoint failed.

        Returns:
            True if this is its first failure and a retry may succeed in a moment.
        """
        _log.info("%s", error)
        if self._in_use is endpoint:
            self._in_use = None
        if error.remedy in _NOT_ITS_FAULT or _is_full(error):
            return error.retryable
        with self._health.change() as entries:
            before = entries.get(self._name(endpoint), Health())
            entries[self._name(endpoint)] = struck(
                before, self._clock(), str(error), asked_s(error)
            )
        return error.retryable and not before.failures

    def _name(self, endpoint: Endpoint) -> str:
        return next(name for name, known in self._names.items() if known is endpoint)


def _is_full(error: SpeechError) -> bool:
    """Tell whether the account has no session left, but the endpoint serves those that it has."""
    return error.remedy is Remedy.BACK_OFF and asked_s(error) is None


class EndpointAttempts:
    """Decides which endpoint to try next for one piece of work.

    Each endpoint once, in order; then, after a pause, those whose first failure may have passed,
    unless it took a time limit to see it.

    Args:
        endpoints: The endpoints that may do it.
        backoff: How long to keep trying.
    """

    def __init__(self, endpoints: Endpoints, backoff: Backoff | None = None) -> None:
        self._endpoints = endpoints
        self._backoff = backoff or Backoff()
        self._left = endpoints.candidates()
        self._again: list[Endpoint] = []
        self._n_rounds = 0
        self._failed_at: float | None = None

    def after(
        self, endpoint: Endpoint, error: SpeechError, now: float, jitter: float
    ) -> tuple[Endpoint, float] | None:
        """Note that ``endpoint`` failed.

        Args:
            endpoint: The one that failed.
            error: How it failed.
            now: Monotonic seconds.
            jitter: A random number from 0 to 1.

        Returns:
            The next endpoint and the seconds to wait before it; None if none is left.
        """
        self._failed_at = now if self._failed_at is None else self._failed_at
        if endpoint in self._left:
            self._left.remove(endpoint)
        has_waited = isinstance(error, SpeechUnavailable) and error.has_waited
        if self._endpoints.failed(endpoint, error) and not has_waited:
            self._again.append(endpoint)
        if self._left:
            return self._left.pop(0), 0.0
        self._n_rounds += 1
        elapsed_s = now - self._failed_at
        wait_s = self._backoff.wait_s(self._n_rounds, elapsed_s, jitter, asked_s(error))
        if wait_s is None or not self._again:
            return None
        self._left, self._again = self._again, []
        return self._left.pop(0), wait_s
