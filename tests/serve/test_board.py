"""What the workers know together: limits hold over all of them, whoever asks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ivr_agi.serve.board import Board, ServerLimits


@pytest.fixture
def board() -> Iterator[Board]:
    """For two workers."""
    board = Board(2)
    yield board
    board.close()


def test_calls(board: Board) -> None:
    """The limit is on the sum."""
    one, other = board.seat(0), board.seat(1)
    limits = ServerLimits(calls=2)
    assert one.take_call(limits, 0.0) == ""
    assert other.take_call(limits, 0.0) == ""
    assert one.take_call(limits, 0.0) == "there are 2 calls already (serve.max_calls)"
    other.end_call()
    assert one.take_call(limits, 0.0) == ""
    assert [board.calls(worker) for worker in (0, 1)] == [2, 0]
    assert (board.total("calls"), board.total("taken"), board.total("refused")) == (2, 3, 1)


def test_failures_of_background_jobs(board: Board) -> None:
    """They are counted, and stay when their worker is gone."""
    board.seat(1).note_failure()
    board.vacate(1)
    assert board.total("failures") == 1


def test_no_limits(board: Board) -> None:
    """0 is none."""
    assert not any(board.seat(0).take_call(ServerLimits(), 0.0) for _ in range(1000))


def test_new_calls_a_second(board: Board) -> None:
    """As many as fit into a second at once; then one each time there is room again."""
    limits = ServerLimits(calls_per_s=2)
    taken = [not board.seat(n % 2).take_call(limits, 100.0) for n in range(4)]
    assert taken == [True, True, False, False]
    assert "more than 2 new calls a second" in board.seat(0).take_call(limits, 100.4)
    assert board.seat(1).take_call(limits, 100.5) == ""
    assert board.seat(0).take_call(limits, 100.6)
    assert [not board.seat(0).take_call(limits, 200.0) for _ in range(3)] == [True, True, False]


def test_less_than_one_call_a_second(board: Board) -> None:
    """The bucket holds one all the same."""
    limits = ServerLimits(calls_per_s=0.5)
    times = (10.0, 11.0, 12.0, 12.1)
    assert [not board.seat(0).take_call(limits, at) for at in times] == [True, False, True, False]


def test_sessions(board: Board) -> None:
    """Speech has a limit of its own; what is over it may be refused altogether."""
    keys, refuse = ServerLimits(sessions=1), ServerLimits(sessions=1, refuse_over_sessions=True)
    assert board.seat(0).take_session(keys)
    assert not board.seat(1).take_session(keys)
    assert board.seat(1).take_call(keys, 0.0) == ""
    assert "speech sessions already" in board.seat(1).take_call(refuse, 0.0)
    board.seat(0).end_session()
    assert board.seat(1).take_call(refuse, 0.0) == ""
    assert board.seat(1).take_session(keys)


def test_a_worker_that_died(board: Board) -> None:
    """What it had is free again."""
    limits = ServerLimits(calls=1, sessions=1)
    dead = board.seat(0)
    dead.take_call(limits, 0.0)
    dead.take_session(limits)
    dead.beat()
    assert board.beat_s(0) > 0
    board.vacate(0)
    assert board.beat_s(0) == 0
    assert board.seat(1).take_call(limits, 0.0) == ""
    assert board.seat(1).take_session(limits)


def test_who_has_fewer(board: Board) -> None:
    """A worker sees that another one has more room."""
    one, other = board.seat(0), board.seat(1)
    assert not one.is_busiest
    one.take_call(ServerLimits(), 0.0)
    assert one.is_busiest
    assert not other.is_busiest


def test_processes_see_each_other(board: Board) -> None:
    """Two processes take calls at once: never one more than allowed, and all are counted."""
    children = []
    for worker in (0, 1):
        pid = os.fork()
        if pid == 0:
            seat = board.seat(worker)
            taken = sum(not seat.take_call(ServerLimits(calls=150), 0.0) for _ in range(100))
            os._exit(taken)
        children.append(pid)
    counts = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert sum(counts) == 150 == board.total("calls")
    assert board.total("refused") == 50


def test_a_lock_dies_with_its_holder(board: Board) -> None:
    """A worker that is killed in the middle of a change blocks nobody."""
    pid = os.fork()
    if pid == 0:
        with board._locked():
            os._exit(0)
    os.waitpid(pid, 0)
    assert board.seat(0).take_call(ServerLimits(), 0.0) == ""


def test_who_has_a_seat(board: Board) -> None:
    """Another process's is known by its pid, for as long as it lives."""
    told, tell = os.pipe()
    go, let_go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(let_go)
        board.hold(1)
        board.seat(1).take_call(ServerLimits(), 0.0)
        os.write(tell, b"!")
        os.read(go, 1)
        os._exit(0)
    os.read(told, 1)
    assert board.holders() == [(1, pid)]
    assert (board.holder(0), board.holder(1)) == (0, pid)
    with pytest.raises(OSError, match="unavailable"):
        board.hold(1)
    assert board.seat(0).take_call(ServerLimits(calls=2), 0.0) == ""  # counting goes on
    for fd in (let_go, go, told, tell):
        os.close(fd)
    os.waitpid(pid, 0)
    assert board.holders() == []
    board.hold(1)
