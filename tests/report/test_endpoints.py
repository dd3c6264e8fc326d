"""Endpoints: what the server has left about them in its folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ivr_agi.report.endpoints import EndpointState, endpoint_states
from ivr_agi.settings import load_settings
from ivr_agi.sis.access.health import Health


def test_each_is_told(tmp_path: Path) -> None:
    """Which one is avoided, and why; without the file all work."""
    (tmp_path / "ivr.toml").write_text(
        '[paths]\nspool = "spool"\n[speech]\nurl = "ws://127.0.0.1:1"\n'
        '[[speech.endpoints]]\nurl = "ws://127.0.0.1:2"\n'
    )
    settings = load_settings(tmp_path / "ivr.toml")
    works = [EndpointState(f"ws://127.0.0.1:{n}", False, 0, "") for n in (1, 2)]
    assert endpoint_states(settings, 100.0) == works
    (tmp_path / "spool").mkdir()
    file = tmp_path / "spool" / "speech-health.json"
    file.write_bytes(
        msgspec.json.encode(
            {"local ws://127.0.0.1:2": Health(failures=3, until=200.0, error="down")}
        )
    )
    assert endpoint_states(settings, 100.0)[1] == EndpointState("ws://127.0.0.1:2", True, 3, "down")
    assert not endpoint_states(settings, 300.0)[1].is_avoided
    file.write_text("no json")
    assert endpoint_states(settings, 100.0) == works
