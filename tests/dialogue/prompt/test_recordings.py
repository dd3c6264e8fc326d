"""Recordings as samples, found as Asterisk finds them."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from ivr_agi.audio.g711 import pcm_to_ulaw
from ivr_agi.audio.wav import write_wav
from ivr_agi.dialogue.prompt import recordings as recordings_module
from ivr_agi.dialogue.prompt.recordings import Recordings

PCM = b"\0\x10" * 8


def test_formats(tmp_path: Path) -> None:
    """8 kHz, and 16 kHz brought to it; the others are Asterisk's affair."""
    write_wav(tmp_path / "a.wav", PCM)
    (tmp_path / "b.sln").write_bytes(PCM + b"x")
    (tmp_path / "c.ulaw").write_bytes(pcm_to_ulaw(PCM))
    (tmp_path / "d.alaw").write_bytes(b"\xd5")
    (tmp_path / "e.gsm").write_bytes(b"x")
    wide = b"\0\x10" * 160
    (tmp_path / "w.sln16").write_bytes(wide)
    for name in ("f.wav", "x.wav16"):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(wide)
    (tmp_path / "a.sln16").write_bytes(wide)  # that of 8 kHz is not changed by reading it
    write_wav(tmp_path / "y.wav16", PCM)
    read = Recordings(tmp_path).read
    assert read("a") == read("b") == PCM
    assert len(read("c") or b"") == len(PCM)
    assert read("d") == b"\x08\x00"
    assert read("w") == read("x")
    assert len(read("w") or b"") == 160
    assert (read("w") or b"")[60:-60] == b"\0\x10" * 20
    assert [read(name) for name in "efgy"] == [None] * 4
    assert read(str(tmp_path / "a")) == PCM


def test_the_languages_folder_first(tmp_path: Path) -> None:
    """Then the one before the last underscore, then none."""
    for number, folder in enumerate(("zh_CN", "zh", ".")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "a.sln").write_bytes(bytes([number, 0]))
    recordings = Recordings(tmp_path, "zh_CN")
    for number, folder in enumerate(("zh_CN", "zh", ".")):
        assert recordings.read("a") == recordings.read(str(tmp_path / "a")) == bytes([number, 0])
        (tmp_path / folder / "a.sln").unlink()
    assert recordings.read("a") is None


def test_music_is_left_to_asterisk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too long is not read."""
    monkeypatch.setattr(recordings_module, "MAX_FILE_BYTES", 4)
    (tmp_path / "a.sln").write_bytes(PCM)
    assert Recordings(tmp_path).read("a") is None
