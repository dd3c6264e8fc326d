"""The frame's numbers."""

from __future__ import annotations

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_MS, bytes_to_ms, ms_to_bytes


def test_a_frame_is_20_ms_of_16_bit_at_8_khz() -> None:
    """320 bytes, as Asterisk writes them to fd 3."""
    assert FRAME_BYTES == ms_to_bytes(FRAME_MS) == 320


def test_milliseconds_and_bytes() -> None:
    """Whole samples out, fractions of a millisecond in."""
    assert ms_to_bytes(1) == 16
    assert bytes_to_ms(8) == 0.5
