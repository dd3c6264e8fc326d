"""G.711 against values of the standard."""

from __future__ import annotations

import struct

import pytest

from ivr_agi.audio.g711 import alaw_to_pcm, pcm_to_alaw, pcm_to_ulaw, ulaw_to_pcm


@pytest.mark.parametrize(
    ("ulaw", "sample"), [(0xFF, 0), (0x7F, 0), (0x00, -32124), (0x80, 32124), (0xE7, 260)]
)
def test_ulaw_values(ulaw: int, sample: int) -> None:
    """Mu-law bytes stand for the samples of the G.711 table."""
    assert struct.unpack("<h", ulaw_to_pcm(bytes([ulaw]))) == (sample,)


@pytest.mark.parametrize(("alaw", "sample"), [(0xD5, 8), (0x55, -8), (0x2A, -32256), (0xAA, 32256)])
def test_alaw_values(alaw: int, sample: int) -> None:
    """A-law bytes stand for the samples of the G.711 table."""
    assert struct.unpack("<h", alaw_to_pcm(bytes([alaw]))) == (sample,)


def test_ulaw_survives_the_way_there_and_back() -> None:
    """Every mu-law byte comes back from its sample, but for the two zeros."""
    every = bytes(range(256)).replace(b"\x7f", b"")
    assert pcm_to_ulaw(ulaw_to_pcm(every)) == every


def test_alaw_survives_the_way_there_and_back() -> None:
    """Every A-law byte comes back from its sample."""
    every = bytes(range(256))
    assert pcm_to_alaw(alaw_to_pcm(every)) == every
