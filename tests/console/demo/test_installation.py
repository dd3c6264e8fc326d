"""The installation of the demo: complete, with calls that go on."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from ivr_agi.console.access.users import UserFile
from ivr_agi.console.demo import installation
from ivr_agi.console.demo.day import SampleCall
from ivr_agi.console.demo.installation import DemoPlace, keep_calling, set_up
from ivr_agi.journal import Event, read_events
from ivr_agi.rehearsal.timed_sounds import silent_speech
from ivr_agi.settings import load_settings
from tests.console.demo.test_day import TESTS
from tests.patience import PATIENCE_S


def test_it_is_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, flows, journal, recordings of the newest calls, and a user who may sign in."""
    monkeypatch.setattr(installation, "RECORDED", 3)
    monkeypatch.setattr(installation, "pick_voice", lambda *_: silent_speech)
    place = set_up(tmp_path, TESTS, "127.0.0.1:1234", n_calls=10)
    settings = load_settings(place.settings)
    assert settings.console.page == "127.0.0.1:1234"
    assert (settings.flows_dir / "main_menu.yaml").is_file()
    assert len(list((tmp_path / "recordings").iterdir())) == 3
    events = list(read_events(place.journal))
    assert sum(event.event == "call_started" for event in events) == 10
    assert sum(event.event == "call_recording" for event in events) == 3
    users = UserFile(settings.path(settings.console.users_file))
    assert users.check(place.user, place.password) is not None


@pytest.mark.asyncio
async def test_calls_come_and_go(tmp_path: Path) -> None:
    """As the samples did, at this moment."""
    sample = SampleCall(
        "f", "v", (Event(at_s=0.0, event="call_started"), Event(at_s=0.01, event="call_ended"))
    )
    place = DemoPlace(
        settings=tmp_path,
        user="u",
        password="p",
        samples=[sample],
        journal=tmp_path / "journal",
        recordings=tmp_path,
        ivr=silent_speech,
        caller=silent_speech,
    )
    calling = asyncio.create_task(keep_calling(place, at_once=1))
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await asyncio.sleep(0.02)
            with contextlib.suppress(OSError):
                text = await asyncio.to_thread(place.journal.read_text)
                if "call_ended" in text:
                    break
    calling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await calling
    assert '"flow":"f"' in text
    assert len(await asyncio.to_thread(lambda: list(tmp_path.glob("*.wav")))) == 1
