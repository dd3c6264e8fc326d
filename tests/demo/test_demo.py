"""``ivr-agi demo``, as `make demo` runs it."""

from __future__ import annotations

import itertools
import json
import wave
from pathlib import Path

import pytest

from ivr_agi.cli import main
from ivr_agi.demo.run import Demo, check_demo_packages, local_speech_server
from ivr_agi.errors import MissingDependency, SpeechUnavailable
from ivr_agi.simulator.line import CallTracks

REQUIRED = {
    "call_started",
    "prompt_started",
    "caller_voice_onset",
    "voice_start",
    "prompt_stopped",
    "result",
    "no_input",
    "key",
    "synthesis_first_audio",
    "synthesis_end",
    "recognition_end",
    "outcome",
    "call_ended",
}


@pytest.mark.parametrize("options", [["--output", "file"], ["--json", "none/events.json"]])
def test_what_cannot_be_kept_is_told_at_once(
    options: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before the call, not after it."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert main(["demo", *options]) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("ivr-agi: ")) == ("", True)


def test_without_matplotlib(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What draws the picture is looked for before the call."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "matplotlib" or None)
    assert main(["demo", "--output", str(tmp_path)]) == 3
    out, err = capsys.readouterr()
    assert (out, "pip install 'ivr-agi[demo]'" in err) == ("", True)


def test_caller_left_ivr_right(tmp_path: Path) -> None:
    """Samples of the two alternate, the caller's first."""
    tracks = CallTracks(0.0, bytearray(b"\x01\x00\x02\x00"), bytearray(b"\x08\x00\x09\x00"))
    Demo(entries=[], recording=tracks, failure=None).write_recording(tmp_path / "call.wav")
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert file.getnchannels() == 2
        assert file.readframes(9) == b"\x01\x00\x08\x00\x02\x00\x09\x00"


@pytest.mark.engine
@pytest.mark.slow
def test_the_demo_goes_as_its_script_says(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Time line, WAV, PNG and JSON of a real call with real engines, and exit code 0."""
    command = ["demo", "--output", str(tmp_path), "--json", str(tmp_path / "events.json")]
    code = main(command)
    out, err = capfd.readouterr()
    assert (code, err) == (0, ""), out
    assert "barge-in: prompt stopped" in out
    entries = json.loads((tmp_path / "events.json").read_text())
    assert {entry["event"] for entry in entries} >= REQUIRED
    times = [entry["t_ms"] for entry in entries]
    assert all(a <= b for a, b in itertools.pairwise(times))
    assert times[-1] < 60_000
    texts = [entry["text"] for entry in entries if entry["event"] == "result"]
    assert texts == ["account balance", "technical support"]
    stopped = [entry for entry in entries if entry["event"] == "prompt_stopped"]
    assert all(0 <= entry["barge_in_ms"] < 1000 for entry in stopped)
    with wave.open(str(tmp_path / "call.wav")) as recording:
        assert (recording.getnchannels(), recording.getframerate()) == (2, 8000)
        assert recording.getnframes() > 20 * 8000
    assert (tmp_path / "call.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("version", "hint"), [((3, 13), ""), ((3, 14), "python3.13 -m venv ENV")])
def test_packages_that_are_missing(
    version: tuple[int, int], hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named; for the recogniser's, which Python has it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "pocketsphinx" or None)
    monkeypatch.setattr("sys.version_info", version)
    with pytest.raises(MissingDependency) as caught:
        check_demo_packages()
    assert "ivr-agi[local]" in str(caught.value)
    assert hint in str(caught.value)


async def test_a_speech_server_that_does_not_start(capfd: pytest.CaptureFixture[str]) -> None:
    """It has said why."""
    with pytest.raises(SpeechUnavailable, match="the local speech server did not start"):
        async with local_speech_server("--nonsense"):
            pass
    assert "--nonsense" in capfd.readouterr().err


async def test_a_speech_server_that_never_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line instead of a traceback; nothing is left."""
    monkeypatch.setattr("ivr_agi.demo.run.SPEECH_START_S", 0.0)
    with pytest.raises(SpeechUnavailable, match="did not start in 0 s: is the machine busy"):
        async with local_speech_server():
            pass
