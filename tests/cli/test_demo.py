"""``ivr-agi demo`` without its call, which tests/demo makes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr_agi.cli import main
from ivr_agi.demo.run import Demo
from ivr_agi.simulator.line import CallTracks

ENTRIES = [
    {"t_ms": 0.0, "event": "call_started"},
    {"t_ms": 90.0, "event": "prompt_started", "text": "Hello."},
    {"t_ms": 100.0, "event": "key", "key": "1"},
    {"t_ms": 120.0, "event": "something_else"},
]
SOUND = b"\x00\x10\x00\xf0" * 4000


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (None, "The call went as its script says.\n"),
        ("no key came", "The call did not go as its script says: no key came\n"),
    ],
)
def test_what_is_shown_and_kept(
    failure: str | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The time line, the files, and whether the call went as it should."""
    pytest.importorskip("matplotlib")

    async def call() -> Demo:
        tracks = CallTracks(caller_pcm=bytearray(SOUND), ivr_pcm=bytearray(SOUND))
        return Demo(ENTRIES, tracks, failure)

    monkeypatch.setattr("ivr_agi.cli.demo.run_demo", call)
    events = tmp_path / "events.json"
    argv = ["demo", "--output", str(tmp_path), "--json", str(events)]
    assert main(argv) == (0 if failure is None else 1)
    out = capsys.readouterr().out
    assert out.endswith(said)
    assert "   0.09 s  " in out
    assert "0.12 s" not in out
    assert json.loads(events.read_text()) == ENTRIES
    assert {file.name for file in tmp_path.iterdir()} == {"call.wav", "call.png", "events.json"}
    events.unlink()
    events.mkdir()
    assert main(argv) == 2
    assert f"{events}: cannot write: Is a directory" in capsys.readouterr().err
