"""Stamps in the caller's audio."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_agi.audio.frames import FRAME_BYTES, SILENCE_FRAME
from ivr_agi.audio.health import AudioMeter, AudioVerdict
from ivr_agi.audio.levels import rms, rms_dbfs
from ivr_agi.bench.stamps import Stamp, read_stamps, stamped


@settings(max_examples=30)
@given(
    st.floats(0, 1e9, allow_nan=False),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_round_trip(written_at: float, call: int, frame: int, is_voice: bool) -> None:
    """What goes in comes out, of each frame."""
    audio = stamped(written_at, call, frame, is_voice=is_voice) * 2
    assert len(audio) == 2 * FRAME_BYTES
    assert list(read_stamps(audio + b"\0" * 100)) == [Stamp(written_at, call, frame)] * 2


def test_what_is_not_stamped() -> None:
    """Silence that the plugin filled in, and speech."""
    loud = bytes(range(256)) + bytes(FRAME_BYTES - 256)
    found = list(read_stamps(SILENCE_FRAME + stamped(1.0, 2, 3) + loud))
    assert found == [None, Stamp(1.0, 2, 3), None]


def test_is_a_quiet_line() -> None:
    """No digital silence, and far from what counts as sound: as dear as a caller who listens."""
    meter = AudioMeter(0.0)
    for number in range(300):
        frame = stamped(number * 0.02, 1, number)
        assert 0 < rms(frame) < 16
        meter.feed(frame, number * 0.02)
    assert meter.health(6.0).verdict is AudioVerdict.GOOD


def test_is_a_voice() -> None:
    """As loud as one, on the whole."""
    assert -35 < rms_dbfs(stamped(1.0, 2, 3, is_voice=True)) < -20
