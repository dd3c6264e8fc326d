"""WAV files in and out."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import pytest

from ivr_agi.audio.wav import read_wav, write_wav
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Mono samples survive the file."""
    write_wav(tmp_path / "a.wav", b"\x01\x02\x03\x04")
    assert read_wav(tmp_path / "a.wav") == b"\x01\x02\x03\x04"


def test_two_channels_side_by_side(tmp_path: Path) -> None:
    """Left and right alternate, and the shorter one ends in silence."""
    write_wav(tmp_path / "a.wav", b"\x01\x00\x02\x00", b"\x09\x00")
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        assert file.readframes(9) == b"\x01\x00\x09\x00\x02\x00\x00\x00"


@pytest.mark.parametrize(("channels", "width", "rate"), [(2, 2, 8000), (1, 1, 8000), (1, 2, 16000)])
def test_another_form_is_refused(tmp_path: Path, channels: int, width: int, rate: int) -> None:
    """The error says what was found and how to convert it."""
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(bytes(64))
    with pytest.raises(ConfigError, match=f"{channels}, {width * 8} bit, {rate} Hz.*sox") as found:
        read_wav(tmp_path / "a.wav")
    assert found.value.path == str(tmp_path / "a.wav")


def test_a_missing_file(tmp_path: Path) -> None:
    """The error is one line with the path."""
    with pytest.raises(ConfigError, match=r"a\.wav: cannot read: No such file"):
        read_wav(tmp_path / "a.wav")


@pytest.mark.parametrize("content", [b"", b"no sound at all, really"])
def test_no_wav(tmp_path: Path, content: bytes) -> None:
    """Anything else is said to be no WAV."""
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(ConfigError, match="not a WAV file"):
        read_wav(tmp_path / "a.wav")
