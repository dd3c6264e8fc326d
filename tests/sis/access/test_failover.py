"""Which endpoint is used, and which one next."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.errors import Remedy, SpeechError, SpeechRejected, SpeechUnavailable
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.access.failover import EndpointAttempts, Endpoints
from ivr_agi.sis.access.health import Backoff, Health
from ivr_agi.sis.access.shared_file import SharedFile

pytestmark = pytest.mark.virtual_time

A, B, C = (Endpoint(f"ws://{host}", "p") for host in "abc")
GONE = SpeechUnavailable("gone")
WRONG = SpeechRejected("SIS.0032", "bad", remedy=Remedy.FIX_REQUEST)
LOCKED = SpeechRejected("APIG.0301", "no", remedy=Remedy.FIX_ACCOUNT)
IDLE = SpeechRejected("SIS.0304", "idle", remedy=Remedy.CLIENT_TIMING)
FULL = SpeechRejected("SIS.0312", "full", remedy=Remedy.BACK_OFF)
BUSY = SpeechRejected("APIG.0308", "later", remedy=Remedy.BACK_OFF, retry_after_s=20.0)
BACKOFF = Backoff(first_s=0.1, total_s=1.0)


def at(now: float, *endpoints: Endpoint, health: SharedFile[Health] | None = None) -> Endpoints:
    """Endpoints of a call that happens ``now``."""
    return Endpoints(endpoints, health, clock=lambda: now)


def test_a_call_stays_where_it_works() -> None:
    """Until that fails; an endpoint that works again is not gone back to in the middle."""
    endpoints = at(1000.0, A, B)
    assert (endpoints.first, endpoints.in_use) == (A, A)
    endpoints.failed(A, GONE)
    assert endpoints.in_use is B
    endpoints.worked(B)
    endpoints.worked(A)
    assert endpoints.in_use is A
    endpoints.worked(B)
    assert endpoints.candidates() == [B, A]
    endpoints.failed(B, GONE)
    assert endpoints.in_use is A


def test_the_next_call_knows(tmp_path: Path) -> None:
    """Health outlives the process, for its time; success forgets it."""
    file = tmp_path / "health.json"
    at(1000.0, A, B, health=SharedFile(Health, file)).failed(A, GONE)
    later = at(1010.0, A, B, health=SharedFile(Health, file))
    assert later.in_use is B
    rested = at(1016.0, A, B, health=SharedFile(Health, file))
    assert rested.in_use is A
    rested.worked(A)
    assert SharedFile(Health, file).read() == {}


def test_recognition_and_synthesis_are_told_apart() -> None:
    """One may work where the other does not."""
    health = SharedFile(Health)
    Endpoints([A, B], health, work="rtts").failed(A, GONE)
    assert Endpoints([A, B], health, work="rasr").in_use is A
    assert Endpoints([A, B], health, work="rtts").in_use is B


@pytest.mark.parametrize(
    ("error", "is_struck", "may_try_again"),
    [
        (GONE, True, True),
        (LOCKED, True, False),
        (WRONG, False, False),
        (IDLE, False, True),
        (FULL, False, True),
        (BUSY, True, True),
    ],
)
def test_whose_fault_it_is(error: SpeechError, is_struck: bool, may_try_again: bool) -> None:
    """A wrong request does not make an endpoint ill; a full one (SIS.0312) stays for others."""
    health: SharedFile[Health] = SharedFile(Health)
    endpoints = at(1000.0, A, B, health=health)
    assert endpoints.failed(A, error) is may_try_again
    assert bool(health.read()) is is_struck


def test_each_once_then_what_may_have_passed() -> None:
    """After a pause, within the total time, and not what had failed before."""
    health: SharedFile[Health] = SharedFile(Health)
    at(1000.0, C, health=health).failed(C, GONE)
    attempts = EndpointAttempts(at(1000.0, A, B, C, health=health), BACKOFF)
    assert attempts.after(A, GONE, 0.0, 1.0) == (B, 0.0)
    assert attempts.after(B, LOCKED, 0.1, 1.0) == (C, 0.0)
    assert attempts.after(C, GONE, 0.2, 1.0) == (A, 0.1)
    assert attempts.after(A, GONE, 0.4, 1.0) is None


def test_the_total_time_ends_it() -> None:
    """Counted from the first failure."""
    attempts = EndpointAttempts(at(1000.0, A), BACKOFF)
    assert attempts.after(A, IDLE, 10.0, 1.0) == (A, 0.1)
    assert attempts.after(A, IDLE, 10.5, 1.0) == (A, 0.2)
    assert attempts.after(A, IDLE, 10.9, 1.0) is None
