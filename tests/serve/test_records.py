"""The start and the end of a call in the journal."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.journal import Event, Journal
from ivr_agi.serve.records import (
    MAX_RECORDED_NAME,
    close_journal,
    describe_task,
    note_end,
    note_start,
    readable,
)
from ivr_agi.simulator.incoming import IncomingCall
from tests.serve.test_call import open_office

pytestmark = pytest.mark.virtual_time


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("menu",), {"flow": "menu"}),
        (("--script", "/x.py"), {"script": "/x.py"}),
        (("x" * 300,), {"flow": "x" * MAX_RECORDED_NAME}),
        (("a", "b"), {"flow": "a"}),
        ((), {}),
    ],
)
def test_what_is_asked_for(arguments: tuple[str, ...], expected: dict[str, str]) -> None:
    """As far as one can tell."""
    assert describe_task(arguments) == expected


async def test_start_and_end(tmp_path: Path) -> None:
    """O7: with the fields that an administrator looks for."""
    events: list[Event] = []
    journal = Journal(listener=events.append)
    incoming = IncomingCall(caller_id="123", extension="100")
    async with open_office(tmp_path, incoming=incoming) as office:
        began_at = note_start(office.channel, journal, {"flow": "menu", "version": "abc"})
        await asyncio.sleep(2)
        result = FlowResult(
            status=Status.CALLBACK, result="sales", variables={"IVR_CALLBACK": "123"}
        )
        note_end(journal, result, began_at)
    start, end = (event.data for event in events)
    assert start["channel"]
    assert {key: start[key] for key in ("caller", "called", "flow", "version", "language")} == {
        "caller": "123",
        "called": "100",
        "flow": "menu",
        "version": "abc",
        "language": "en",
    }
    assert end == {"status": "CALLBACK", "result": "sales", "target": "123", "seconds": 2.0}


def test_bytes_that_are_no_text() -> None:
    """Journal and templates get replacement characters."""
    assert readable("a\udcff") == "a\ufffd"


async def test_the_end_of_a_journal(caplog: pytest.LogCaptureFixture) -> None:
    """There may be none; a disk that fails ends no call."""

    class FullDisk:
        def close(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    await close_journal(None)
    assert not caplog.text
    await close_journal(FullDisk())  # type: ignore[arg-type]
    assert "the journal's last lines may be lost: No space left on device" in caplog.text
