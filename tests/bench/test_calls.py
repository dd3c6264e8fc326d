"""The whole benchmarks of the server, small; that they measure, not what."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import launch, soak
from benchmarks.soak import Soaked, SoakPlan, soak_rows
from ivr_agi.bench import calls
from ivr_agi.bench.calls import CallsPlan
from ivr_agi.bench.picture import draw_costs
from ivr_agi.errors import ConfigError

PNG = b"\x89PNG"


@pytest.mark.timeout(60)
async def test_calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Server, stall and plain script; the frames are there, the picture too."""
    monkeypatch.setattr(calls, "SETTLE_S", 0.8)
    monkeypatch.setattr(calls, "STALL_SETTLE_S", 0.5)
    monkeypatch.setattr("ivr_agi.bench.ladder.LATE_MS", 10_000.0)
    plan = CallsPlan(ladder=(2,), baseline=(1,), seconds=2.0, stall_s=0.2)
    said: list[str] = []
    found = await calls.run(plan, said.append)
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


@pytest.mark.timeout(60)
async def test_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    """All three programs say something."""
    monkeypatch.setattr(launch, "WARM_UP", 0)
    rows = {row.name: row for row in await launch.run(1, lambda _: None)}
    ours = rows["launch_to_command"]
    assert ours.p50 is not None
    assert 0 < ours.p50 < 5000
    assert ours.baseline is not None
    assert rows["launcher_cpu"].n == 1
    sound = rows["launch_to_sound"].p50
    assert sound is not None
    assert ours.p50 <= sound < 5000


@pytest.mark.timeout(60)
async def test_soak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls come and go, and leave nothing that counts."""
    monkeypatch.setattr(soak, "REST_S", 1.0)
    monkeypatch.setattr(soak, "WARM_UP", 2)
    plan = SoakPlan(calls=6, at_a_time=2, hang_up_after_s=0.1)
    rows = {row.name: row for row in await soak.run(plan, lambda _: None)}
    assert rows["soak_calls"].p50 == 6
    assert rows["soak_tasks"].is_met
    assert rows["soak_fds"].is_met


def test_soak_rows() -> None:
    """What is left is missed."""
    fresh = Soaked(fds=19, threads=2, tasks=3, memory_kb=40_000)
    before = Soaked(fds=20, threads=2, tasks=3, memory_kb=50_000)
    after = Soaked(fds=21, threads=2, tasks=4, memory_kb=60_000)
    rows = {row.name: row for row in soak_rows(fresh, before, after, {"HANGUP": 10}, 4.0)}
    assert rows["soak_fds"].is_met is rows["soak_tasks"].is_met is False
    assert rows["soak_memory"].is_met is False
    assert rows["soak_warm_up"].p50 == 10_000
