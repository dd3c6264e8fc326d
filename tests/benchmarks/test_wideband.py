"""The resampler's delay, and a few calls of each rate: that they are measured, not what."""

from __future__ import annotations

import pytest

from benchmarks import wideband
from ivr_agi.audio.wideband import Downsampler, Upsampler


@pytest.mark.parametrize(
    ("kind", "rates"), [(Upsampler, (8000, 16000)), (Downsampler, (16000, 8000))]
)
def test_a_click_comes_out_late(
    kind: type[Upsampler | Downsampler], rates: tuple[int, int]
) -> None:
    """By the filter's millisecond."""
    assert 0.5 < wideband.delay_ms(kind().convert, *rates) <= 1.0


async def test_calls_of_both_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its figures, and the audio of 16 kHz is read for what it is."""
    monkeypatch.setattr(wideband, "MESSAGES", 10)
    rows = {row.name: row for row in await wideband.run_wideband(2, 3.0, 1, lambda _: None)}
    assert rows["upsampler_delay"].p50 == pytest.approx(1)
    assert rows["added_latency"].n == 10
    for name in ("cpu_8k", "cpu_16k", "cpu_16k_to_8k"):
        assert rows[name].n == 1
    assert rows["frame_to_socket_16k"].n > 10
    assert rows["frame_to_socket_8k"].n > 10


def test_options(capsys: pytest.CaptureFixture[str]) -> None:
    """No call is too few."""
    assert wideband.main(["--calls", "0"]) == 2
    assert "more than 0" in capsys.readouterr().err
