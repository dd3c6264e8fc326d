"""The stereo recording."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

from ivr_agi.simulator.recording import CallTracks

if TYPE_CHECKING:
    from pathlib import Path


def test_caller_left_ivr_right(tmp_path: Path) -> None:
    """Samples of the two alternate, the caller's first."""
    recording = CallTracks(0.0, bytearray(b"\x01\x00\x02\x00"), bytearray(b"\x08\x00\x09\x00"))
    recording.write(tmp_path / "call.wav")
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert file.getnchannels() == 2
        assert file.readframes(9) == b"\x01\x00\x08\x00\x02\x00\x09\x00"
