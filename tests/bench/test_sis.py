"""The whole benchmark, small; that it measures, not what."""

from __future__ import annotations

import pytest

from ivr_agi.bench.signals import line_noise, onset_s
from ivr_agi.bench.sis import SisPlan, run_sis

pytestmark = pytest.mark.engine


@pytest.mark.slow
async def test_small_run() -> None:
    """Each row has samples that can be."""
    said: list[str] = []
    rows = await run_sis(
        SisPlan(silent=2, talking=1, clients=2, seconds=2.5, syntheses=2), said.append
    )
    assert len(said) == 3
    assert [row.name for row in rows] == [
        "synthesis_first_chunk",
        "server_lag",
        "server_cpu",
        "onset_to_voice_start",
        "voice_end_to_result",
        "not_understood",
        "frame_to_socket",
        "client_cpu_per_audio_s",
        "client_cpu_per_message",
    ]
    for row in rows:
        assert row.n > 0, row
        assert row.p50 is not None
        assert 0 <= row.p50 < 10_000, row


def test_onset() -> None:
    """Where the voice begins, within a millisecond."""
    assert onset_s(line_noise(100) + b"\0\x40" * 800) == pytest.approx(0.1, abs=0.001)
