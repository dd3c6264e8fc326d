"""The onset benchmark, two words of it: that it measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import onset
from benchmarks.noises import to_pcm, to_samples
from benchmarks.onset import onset_rows, voice_start_ms
from ivr_agi.bench.report import Row, row
from ivr_agi.bench.signals import ACCOUNT_BALANCE, onset_s
from ivr_agi.speech_server.engines.silero import SileroVad
from tests.benchmarks.speech import a_folder

if TYPE_CHECKING:
    from pathlib import Path

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


def test_recorded_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every line, every softness, every kind of noise, and what it costs."""
    folder = a_folder(tmp_path)
    manifest = folder / "manifest.tsv"
    entries = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    few = [entries[0], *entries[1:8], *entries[-1:]]
    manifest.write_text("".join(few), encoding="utf-8")
    assert onset.main(["--speech", str(folder)]) == 0
    told = capsys.readouterr().out
    for name in ("voice_start_after_onset, quiet", "onset_missed, -61 dBFS, -20 dB"):
        assert name in told
    for name in ("false_starts, hum, quiet", "false_starts, babble, -61 dBFS", "cpu_per_second"):
        assert name in told


@pytest.mark.parametrize(("softer_db", "is_heard"), [(0, True), (-80, False)])
def test_where_a_voice_starts(softer_db: int, is_heard: bool) -> None:
    """In the audio's own time; None if it does not."""
    lead = np.zeros(8000)
    samples = np.concatenate((lead, to_samples(ACCOUNT_BALANCE) * 10 ** (softer_db / 20)))
    at = voice_start_ms(SileroVad(), to_pcm(samples))
    assert (at is not None) is is_heard
    assert at is None or 0 <= at - 1000 - 1000 * onset_s(ACCOUNT_BALANCE) < 200
