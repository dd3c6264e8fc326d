"""One warning at once; while it lasts, one a minute with the number since."""

from __future__ import annotations

import pytest

from ivr_agi.journal import Journal
from ivr_agi.serve.notices import Notices


def test_each_reason_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Speech that is down, keys only, a limit; nothing else."""
    journal = Journal(listener=Notices())
    journal.record("speech_unavailable", error="cannot connect")
    journal.record("keys_only", error="cannot connect")
    journal.record("call_refused", reason="there are 500 calls already (serve.max_calls)")
    journal.record("turn_started")
    assert caplog.messages == [
        "a call has no speech: cannot connect",
        "a call goes on by keys only: cannot connect",
        "a call is refused: there are 500 calls already (serve.max_calls)",
    ]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_of_one_kind_each_subject_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Two tables that are gone are two lines; the second call without one is none."""
    journal = Journal(listener=Notices())
    for table in ("t1", "t2", "t1"):
        journal.record("table_refused", table=table, service="ws://a", error="SIS.0201")
    journal.record("failover", error="ws://a: dropped", failed="ws://a", next="ws://b")
    assert [line.partition(",")[0] for line in caplog.messages] == [
        "hot-word table t1 is not used",
        "hot-word table t2 is not used",
        "ws://a: dropped; the call goes on at ws://b",
    ]


def test_a_service_that_is_down_for_long(caplog: pytest.LogCaptureFixture) -> None:
    """A thousand calls are a line a minute, and none is uncounted."""
    now = 100.0
    journal = Journal(listener=Notices(), clock=lambda: now)
    for _ in range(1000):
        journal.record("keys_only", error="down")
        now += 0.1
    assert caplog.messages == [
        "a call goes on by keys only: down",
        "a call goes on by keys only: down (599 more since the last such line)",
    ]
    now += 60
    journal.record("keys_only")
    assert caplog.messages[-1].endswith("no reason was given (399 more since the last such line)")
