"""The onset benchmark, two words of it: that it measures."""

from __future__ import annotations

import pytest

from benchmarks import onset
from benchmarks.onset import onset_rows
from ivr_agi.bench.report import Row, row

pytestmark = pytest.mark.engine


def test_two_words() -> None:
    """By the service's word and by our own, here and far away."""
    told: list[str] = []
    rows = onset_rows(2, told.append, delays_ms=(0, 50))
    assert [each.name for each in rows] == [
        "voice_start, 0 ms away",
        "own_onset, 0 ms away",
        "voice_start, 50 ms away",
        "own_onset, 50 ms away",
    ]
    assert all(each.n == 2 and "0 missed" in each.meaning for each in rows)
    assert len(told) == 4


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its option goes to the measurement."""
    asked: list[int] = []

    def measure(words: int, _: object) -> list[Row]:
        asked.append(words)
        return [row("x", "ms", [1.0])]

    monkeypatch.setattr(onset, "onset_rows", measure)
    assert onset.main(["--words", "3"]) == 0
    assert asked == [3]
