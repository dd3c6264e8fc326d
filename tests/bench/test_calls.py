"""The whole benchmarks of the server, small; that they measure, not what."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.bench import calls
from ivr_agi.bench.calls import CallsPlan
from ivr_agi.bench.chart import draw_costs
from ivr_agi.errors import ConfigError

PNG = b"\x89PNG"


@pytest.mark.slow
async def test_calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Server, stall and plain script; the frames are there, the picture too."""
    monkeypatch.setattr(calls, "SETTLE_S", 0.8)
    monkeypatch.setattr(calls, "STALL_SETTLE_S", 0.5)
    monkeypatch.setattr("ivr_agi.bench.load_steps.LATE_MS", 10_000.0)
    said: list[str] = []
    for seconds in (2.0, 8.0, 32.0):  # until the machine was fast enough to be measured
        plan = CallsPlan(ladder=(2,), baseline=(1,), seconds=seconds, stall_s=0.2)
        found = await calls.run_calls(plan, said.append)
        if all(step.frame_ms for step in (*found.steps, *found.stalled, *found.baseline)):
            break
    assert [step.calls for step in (*found.steps, *found.stalled, *found.baseline)] == [2, 2, 1]
    for step in (*found.steps, *found.stalled, *found.baseline):
        assert (step.lost, step.missing, step.refused, step.ended) == (0, 0, 0, 0), said
        assert step.frames > 0
        assert step.frame_ms
    assert any(step.command_ms for step in found.steps)
    rows = {row.name: row for row in found.rows}
    assert rows["calls_per_core"].p50 == 2
    assert rows["frames_lost"].is_met
    draw_costs(tmp_path / "x.png", found.steps, found.baseline, title="m")
    assert (tmp_path / "x.png").read_bytes().startswith(PNG)
    with pytest.raises(ConfigError):
        draw_costs(tmp_path / "none/x.png", found.steps, [])
