"""Calls that go on now."""

from __future__ import annotations

import os
from pathlib import Path

from ivr_agi.journal import JournalFile
from ivr_agi.store.live import calls_now, open_calls
from tests.store.journals import BEGIN, event


def test_what_they_wait_for(tmp_path: Path) -> None:
    """The longest first; what has ended, and what must be dead, is not among them."""
    path = tmp_path / "journal"
    file = JournalFile(path)
    file.append(
        event("1.1", 0, "call_started", flow="main", caller="100")
        + event("1.1", 1, "step", step="menu")
        + event("1.1", 2, "prompt_started", text="x")
        + event("1.2", 2, "call_started", script="a.py")
        + event("1.3", 3, "call_started", flow="main")
        + event("1.3", 4, "call_ended", status="HANGUP")
        + event("1.4", -5000, "call_started", flow="main")
        + event("1.5", 4, "outcome", outcome="Heard")
    )
    first, second = calls_now(open_calls(path, 0), now=BEGIN + 10, deadline_s=3600)
    assert (first.call, first.caller, first.flow, first.step) == ("1.1", "100", "main", "menu")
    assert (first.seconds, first.waits_for) == (10.0, "hears a prompt")
    assert (second.call, second.flow, second.waits_for) == ("1.2", "a.py", "the flow")


def test_old_files_are_not_read(tmp_path: Path) -> None:
    """No call of theirs goes on."""
    path = tmp_path / "journal"
    file = JournalFile(path)
    file.append(event("1.1", 0, "call_started"))
    old = tmp_path / "journal.1"
    path.rename(old)
    (tmp_path / "journal.0").touch()
    assert len(open_calls(path, 0)) == 1
    os.utime(old, (5, 5))
    assert open_calls(path, 10) == []
