"""Recordings on a call's time line."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from ivr_agi.report.tracks import tracks_of


def test_recordings_lie_where_they_began(tmp_path: Path) -> None:
    """What is gone, or is not stereo, is silence."""
    for name, channels in (("a.wav", 2), ("mono.wav", 1)):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setparams((channels, 2, 8000, 0, "NONE", ""))
            file.writeframes(np.tile(np.array([1, 2][:channels], "<i2"), 8000).tobytes())
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    names = ("a.wav", "mono.wav", "broken.wav", "gone.wav")
    tracks = tracks_of([(tmp_path / name, 0.5) for name in names], 1.0)
    caller, ivr = (np.frombuffer(pcm, "<i2") for pcm in (tracks.caller_pcm, tracks.ivr_pcm))
    assert (len(caller), len(ivr)) == (8000, 8000)
    assert (caller[3999], caller[4000], ivr[4000], caller[-1]) == (0, 1, 2, 1)
