"""Finding sound files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ivr_agi.audio.wav import write_wav
from ivr_agi.simulator.sound_folder import SoundFolder
from tests.simulator.tools import LOUD

if TYPE_CHECKING:
    from pathlib import Path


def first_frame(folder: Path, name: str, language: str = "en") -> bytes | None:
    """What is heard first of a sound, None if it is missing."""
    sound = SoundFolder(folder)(name, language)
    if sound is None:
        return None
    frame = sound.read_frame()
    sound.close()
    return frame


@pytest.mark.parametrize("suffix", ["sln", "ulaw", "alaw"])
def test_headless_formats(tmp_path: Path, suffix: str) -> None:
    """Every headless format is found by its suffix."""
    (tmp_path / f"hello.{suffix}").write_bytes(LOUD)
    assert len(first_frame(tmp_path, "hello") or b"") == len(LOUD)


def test_wideband(tmp_path: Path) -> None:
    """16 kHz are played at 8, but counted as they are."""
    (tmp_path / "hello.sln16").write_bytes(LOUD * 4)
    sound = SoundFolder(tmp_path)("hello", "en")
    assert sound is not None
    assert sound.length_samples == len(LOUD) * 2
    sound.seek(len(LOUD) // 2)
    assert sound.read_frame() == LOUD
    assert sound.position_samples == len(LOUD) * 3 // 2
    sound.close()


def test_wav(tmp_path: Path) -> None:
    """A WAV is found too."""
    write_wav(tmp_path / "hello.wav", LOUD)
    assert first_frame(tmp_path, "hello") == LOUD


def test_absolute_name(tmp_path: Path) -> None:
    """An absolute name does not care for the folder."""
    (tmp_path / "hello.sln").write_bytes(LOUD)
    assert first_frame(tmp_path / "elsewhere", str(tmp_path / "hello")) == LOUD


def test_dots_in_a_name(tmp_path: Path) -> None:
    """A dot in a name begins no suffix."""
    (tmp_path / "v1.2.sln").write_bytes(LOUD)
    assert first_frame(tmp_path, "v1.2") == LOUD


@pytest.mark.parametrize(
    ("present", "heard"),
    [(["zh_CN", "zh", ""], "zh_CN"), (["zh", ""], "zh"), ([""], ""), (["en"], None)],
)
@pytest.mark.parametrize("absolute", [False, True])
def test_language_folders(
    tmp_path: Path, present: list[str], heard: str | None, absolute: bool
) -> None:
    """The language's folder first, then the language without its country, then none."""
    marks = {language: bytes([n + 1] * 2) for n, language in enumerate(present)}
    for language, mark in marks.items():
        folder = tmp_path / "menu" / language if absolute else tmp_path / language / "menu"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hello.sln").write_bytes(mark)
    name = str(tmp_path / "menu" / "hello") if absolute else "menu/hello"
    expected = None if heard is None else marks[heard]
    assert first_frame(tmp_path, name, "zh_CN") == expected


@pytest.mark.parametrize("name", ["nothing", "", "/", "x" * 300])
def test_missing(tmp_path: Path, name: str) -> None:
    """No file, no sound, no error."""
    assert first_frame(tmp_path, name) is None


def test_fifo_is_not_opened(tmp_path: Path) -> None:
    """A FIFO, which would block the whole channel, is taken for missing."""
    os.mkfifo(tmp_path / "hello.sln")
    assert first_frame(tmp_path, "hello") is None


def test_broken_wav(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is no WAV cannot be played, and the log says so."""
    (tmp_path / "hello.wav").write_bytes(b"nonsense")
    assert first_frame(tmp_path, "hello") is None
    assert "hello.wav" in caplog.text
