"""Lines and their calls."""

from __future__ import annotations

import random

from ivr_agi.store.batch import LOST_S, LineSorter, pack_lines, unpack_lines
from tests.store.journals import BEGIN, call_lines, event


def lines_of(number: int, start_s: float = 0.0) -> list[bytes]:
    """A call without line ends."""
    made = call_lines(number, random.Random(number), start_s=start_s)
    return [line.rstrip() for line in made]


def test_packed_lines() -> None:
    """As they were."""
    lines = lines_of(1)
    assert unpack_lines(pack_lines(lines)) == lines


def test_calls_end_with_their_batch() -> None:
    """What comes after the end in the same batch belongs to the call."""
    sorter = LineSorter(lambda _: False)
    first, second = lines_of(1), lines_of(2)
    late = event("1795000000.1", 99, "recognition_end", reason="CANCEL").rstrip()
    batch = sorter.take([*first, *second[:3], late])
    (ended,), (open_call,) = batch.ended, batch.going_on
    assert ended.lines == [*first, late]
    assert open_call.lines == second[:3]
    assert sorter.open_calls == [open_call]
    batch = sorter.take(second[3:])
    assert [call.lines for call in batch.ended] == [second]
    assert not sorter.open_calls


def test_lines_after_the_batch_of_the_end() -> None:
    """They are late; the question whether a call is stored is asked once."""
    asked: list[str] = []

    def is_stored(name: str) -> bool:
        asked.append(name)
        return True

    sorter = LineSorter(is_stored)
    late = event("1.1", 99, "recognition_end").rstrip()
    assert sorter.take([late, late]).late == {"1.1": [late, late]}
    assert asked == ["1.1"]


def test_a_call_whose_begin_is_missing() -> None:
    """It is one all the same."""
    sorter = LineSorter(lambda _: False)
    lines = lines_of(3)[1:]
    assert [call.lines for call in sorter.take(lines).ended] == [lines]


def test_two_calls_of_one_id() -> None:
    """The dialplan may start us twice; the first had no end."""
    sorter = LineSorter(lambda _: False)
    first, second = lines_of(4)[:3], lines_of(4, 50.0)
    batch = sorter.take([*first, *second])
    assert [call.lines for call in batch.ended] == [first, second]
    assert [call.has_ended for call in batch.ended] == [False, True]


def test_bad_lines_and_events_of_no_call() -> None:
    """Counted and kept; a newer format is not guessed at."""
    stalled = event("", 1, "stalled", ms=3).rstrip()
    newer = stalled.replace(b'"v":2', b'"v":3')
    batch = LineSorter(lambda _: False).take([b"", b"{torn", newer, stalled])
    assert batch.n_bad == 3
    assert batch.machine == [(BEGIN + 1, "stalled", stalled)]


def test_calls_that_had_no_id_yet() -> None:
    """Their start and end have none."""
    start, end = (event("", 1.5, name).rstrip() for name in ("call_started", "call_ended"))
    (call,) = LineSorter(lambda _: False).take([start, end]).ended
    assert (call.unique_id, call.lines) == ("?1.500000", [start, end])


def test_calls_of_before_a_restart_of_the_machine() -> None:
    """The clock goes back: none of them goes on."""
    sorter = LineSorter(lambda _: False)
    sorter.take(lines_of(5, 5000.0)[:3])
    waited = event("8.8", 3.0, "call_started").rstrip()  # for a disk
    assert not sorter.take([waited]).ended
    began = b'"time":%d' % (BEGIN + 3)
    after = event("9.9", 3.0, "call_started").rstrip().replace(began, b'"time":%d' % (BEGIN + 6000))
    batch = sorter.take([after])
    assert [call.unique_id for call in batch.ended] == ["1795000000.5", "8.8"]
    assert [call.unique_id for call in batch.going_on] == ["9.9"]


def test_a_call_that_never_ends() -> None:
    """A day later it is over."""
    sorter = LineSorter(lambda _: False)
    sorter.take(lines_of(6)[:3])
    later = event("9.9", LOST_S, "call_started").rstrip()
    assert not sorter.take([later]).ended
    later = event("9.8", LOST_S + 10, "call_started").rstrip()
    assert len(sorter.take([later]).ended) == 1


def test_open_calls_are_taken_up() -> None:
    """In parts, as they were stored."""
    sorter = LineSorter(lambda _: False)
    lines = lines_of(7)
    sorter.take_up("1795000000.7", lines[:2])
    sorter.take_up("1795000000.7", lines[2:3])
    sorter.take_up("?1.500000", [event("", 1.5, "call_started").rstrip()])
    assert [call.n_stored for call in sorter.open_calls] == [3, 1]
    batch = sorter.take([*lines[3:], event("", 2, "call_ended").rstrip()])
    assert {call.unique_id: call.lines[:3] for call in batch.ended}["1795000000.7"] == lines[:3]
    assert {call.unique_id for call in batch.ended} == {"1795000000.7", "?1.500000"}
