"""The benchmark of turns, small; that it measures, not what. On Asterisk: tests/real_asterisk."""

from __future__ import annotations

import asyncio

import pytest

from ivr_agi.bench.turn import Plan, run


def test_calls_are_made_in_groups() -> None:
    """So many at a time; the last one has what is left."""
    assert Plan(turns=50, calls=2).batches() == [[(0, 20), (1, 20)], [(2, 10)]]
    assert Plan(turns=3, calls=2).batches() == [[(0, 3)]]


@pytest.mark.engine
@pytest.mark.timeout(60)
def test_two_turns() -> None:
    """Every quantity was seen."""
    said: list[str] = []
    rows = {row.name: row for row in asyncio.run(run(Plan(turns=2), said.append))}
    assert said == ["0 of 2 turns"]
    assert rows.pop("turns_missed").p50 == 0
    assert list(rows) == [
        "voice_start_to_command",
        "voice_start_to_confirmed",
        "voice_start_to_silence",
        "onset_to_voice_start",
        "onset_to_silence",
        "tts_chunk_to_sound",
    ]
    assert all(row.n == 2 and 0 <= (row.p50 or 0) < 2000 for row in rows.values())
