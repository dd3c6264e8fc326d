"""Calls whose worker dies: each has an end in the journal."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from ivr_agi.journal import Journal, read_events
from ivr_agi.serve import roll as roll_module
from ivr_agi.serve.board import Board
from ivr_agi.serve.roll import LostCall, Roll, end_lost_calls
from tests.serve.running import running_server


def test_who_is_on_the_roll(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those whose end may be missing; a worker's only."""
    monkeypatch.setattr(roll_module, "SLOTS", 2)
    roll = Roll(2)
    first, second = roll.enter(1, "a.1", 5.0), roll.enter(1, "b" * 300, 6.0)
    assert roll.enter(1, "c", 7.0) == -1
    roll.leave(1, -1)
    roll.leave(1, first)
    assert roll.take(0) == []
    assert roll.take(1) == [LostCall("b" * 151, 6.0)]
    assert roll.take(1) == []
    assert second >= 0
    roll.close()
    roll.leave(1, second)


def test_a_seat_is_at_the_roll() -> None:
    """It knows its worker."""
    board = Board(2)
    seat = board.seat(1)
    slot = seat.enter_call("a.1")
    assert [lost.call for lost in board.roll.take(1)] == ["a.1"]
    seat.leave_call(slot)
    board.close()


def test_what_is_missing_is_written(tmp_path: Path) -> None:
    """One start and one end for each, whatever had come to the disk."""
    file = tmp_path / "journal.jsonl"
    now = time.monotonic()
    lines: list[bytes] = []
    journals = {name: Journal(call=name, write=lines.append) for name in ("1", "2", "3")}
    for name in ("1", "2"):
        journals[name].record("call_started")
    journals["2"].record("call_ended")
    journals["3"].record("step")
    file.write_bytes(b'ut off", "event": "call_ended"}\n' + b"".join(lines))
    lost = [LostCall(name, now) for name in ("1", "2", "3")]
    assert end_lost_calls(file, lost) == 2
    assert end_lost_calls(file, lost) == 0
    text = file.read_bytes().partition(b"\n")[2]
    file.write_bytes(text)
    found = Counter((event.call, event.event) for event in read_events(file))
    for name in ("1", "2", "3"):
        assert (found[name, "call_started"], found[name, "call_ended"]) == (1, 1)
    # The same channel once more: the end before is another call's.
    assert end_lost_calls(file, [LostCall("2", time.monotonic() + 1)]) == 1


def test_there_is_no_journal_yet(tmp_path: Path) -> None:
    """It is made."""
    assert end_lost_calls(tmp_path / "j", [LostCall("1", 0.5)]) == 1


async def test_a_worker_that_is_killed(tmp_path: Path) -> None:
    """O6: its calls have an end each."""
    async with running_server(tmp_path, {"workers": 1}) as server:
        async with server.calling("long") as one, server.calling("long") as other:
            (worker,) = server.workers
            os.kill(worker, signal.SIGKILL)
            await asyncio.wait([one, other])
            await server.wait_for_workers(lambda pids: bool(pids) and worker not in pids)
        assert (await server.call("now")).variables["IVR_STATUS"] == "COMPLETED"
    events = await asyncio.to_thread(lambda: list(read_events(tmp_path / "journal.jsonl")))
    found = Counter(event.event for event in events)
    assert found["call_started"] == found["call_ended"] == 3
    lost = [event for event in events if event.data.get("error") == "its worker has died"]
    assert len(lost) == 2
