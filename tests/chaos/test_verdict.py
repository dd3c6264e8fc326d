"""Each check of a run finds what it is for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ivr_agi.journal import Event
from tests.chaos.asterisk import Asterisk
from tests.chaos.calls import CallRecord, PlannedCall, plan_calls
from tests.chaos.table import SPEECH
from tests.chaos.verdict import CHECKS, Begun, Rest, Run, judge

PLANNED = PlannedCall("70", "plain", ("plain",))
CALL = CallRecord(PLANNED, 0.0, 4.0, ("COMPLETED",), "", None, heard=((0.5, 2.0), (3.0, 4.0)))
STARTED = Event(at_s=0.1, event="call_started", call="70.1")
ENDED = Event(at_s=3.9, event="call_ended", call="70.1", data={"status": "COMPLETED"})
DIED = Event(at_s=3.9, event="call_ended", call="70.1", data={"error": "its worker has died"})
REST = Rest(Counter({"pipe:": 2}), 5, Counter({"MainThread": 1}), 50_000)
GOOD = Run([CALL], [STARTED, ENDED], first=REST, last={1: REST})


def wrong(run: Run) -> list[str]:
    """Which checks found something."""
    return [check for check, found in judge(run).items() if found]


def test_a_good_run() -> None:
    """Nothing is wrong with it."""
    assert wrong(GOOD) == []


RUNS = {
    "every_call_ends": replace(GOOD, calls=[replace(CALL, failure="it did not end")]),
    "one_status": replace(GOOD, calls=[replace(CALL, statuses=())]),
    "one_end": replace(GOOD, journal=[STARTED]),
    "nothing_after_hang_up": replace(
        GOOD, calls=[replace(CALL, hung_up_at=1.0)], begun=[Begun("70", 2.5)]
    ),
    "no_silence": replace(GOOD, calls=[replace(CALL, ended_at=10.0)]),
    "nothing_is_left": replace(GOOD, last={1: replace(REST, fds=Counter({"pipe:": 3}))}),
    "no_process_is_left": replace(GOOD, left_processes=[7]),
    "no_secret_is_told": replace(GOOD, left_secrets=["log"]),
    "the_log_is_clean": replace(GOOD, log=["Traceback (most recent call last):"]),
}


@pytest.mark.parametrize("check", [check.__name__ for check in CHECKS])
def test_each_check_finds_its_own(check: str) -> None:
    """And no other one does."""
    assert wrong(RUNS[check]) == [check]


@pytest.mark.parametrize(
    "run",
    [
        replace(GOOD, calls=[replace(CALL, statuses=("COMPLETED", "FAILED"), error="x")]),
        replace(GOOD, calls=[replace(CALL, statuses=("PRINTED",))]),
        replace(GOOD, calls=[replace(CALL, statuses=("FAILED",))]),
    ],
)
def test_wrong_statuses(run: Run) -> None:
    """Two, one that is none, and a failure without a reason."""
    assert wrong(run) == ["one_status"]


@pytest.mark.parametrize(
    "journal",
    [[], [ENDED], [STARTED, ENDED, ENDED], [STARTED, STARTED, ENDED]],
)
def test_wrong_ends(journal: list[Event]) -> None:
    """A call that went on has one begin and one end."""
    assert wrong(replace(GOOD, journal=journal)) == ["one_end"]


def test_what_is_excused() -> None:
    """A call whose worker was killed has no status; a refused one has no begin; stalls are off."""
    killed = replace(CALL, statuses=())
    assert wrong(replace(GOOD, calls=[killed], journal=[STARTED, DIED])) == []
    refused = replace(CALL, statuses=("REFUSED",), error="full")
    assert wrong(replace(GOOD, calls=[refused], journal=[])) == []
    deaf = replace(CALL, planned=replace(PLANNED, asterisk=Asterisk(dies=True)), statuses=())
    assert wrong(replace(GOOD, calls=[deaf])) == []
    again = replace(CALL, statuses=("COMPLETED", "COMPLETED"))
    assert wrong(replace(GOOD, calls=[again])) == ["one_status"]
    log = ["x ERROR ivr_agi.serve: [70.1] Asterisk answers no more: the dialplan is told all ..."]
    assert wrong(replace(GOOD, calls=[again], log=log)) == []
    other = replace(CALL, statuses=("COMPLETED", "HANGUP"))
    assert wrong(replace(GOOD, calls=[other], log=log)) == ["one_status"]
    late = replace(CALL, ended_at=10.0)
    assert wrong(replace(GOOD, calls=[late], stalls=[(4.0, 6.0)])) == []
    after = replace(CALL, hung_up_at=1.0)
    begun = [Begun("70", 2.5)]
    assert wrong(replace(GOOD, calls=[after], begun=begun, stalls=[(1.0, 2.4)])) == []


def test_more_is_left() -> None:
    """Tasks, threads, memory."""
    for more in (
        replace(REST, tasks=6),
        replace(REST, threads=Counter({"MainThread": 1, "x": 1})),
        replace(REST, memory_kb=90_000),
    ):
        assert wrong(replace(GOOD, last={1: more})) == ["nothing_is_left"]


def test_the_plan_is_the_seeds() -> None:
    """The same calls for the same seed."""
    assert plan_calls(3, 50, "/s") == plan_calls(3, 50, "/s")
    assert plan_calls(3, 50, "/s") != plan_calls(4, 50, "/s")
    assert len({row.name for row in SPEECH}) == len(SPEECH)
