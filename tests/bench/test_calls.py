"""The whole benchmarks of the server, small; that they measure, not what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ivr_agi.bench import calls
from ivr_agi.bench.calls import CallsPlan
from ivr_agi.bench.chart import draw_costs
from ivr_agi.bench.load_steps import LoadStep
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


@pytest.mark.timeout(120)
async def test_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server's time goes, with the places."""
    monkeypatch.setattr(calls, "SETTLE_S", 0.5)
    lines = await calls.profile(1, 0.5, lambda _: None)
    assert lines
    assert all("calls" in line and "%" in line for line in lines)


async def test_without_a_stall_and_the_plain_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the climb is left; where it has no steps, there are no rows."""

    @asynccontextmanager
    async def a_site() -> AsyncIterator[None]:
        yield

    async def climb(*_: object) -> list[LoadStep]:
        return []

    monkeypatch.setattr(calls, "a_site", a_site)
    monkeypatch.setattr(calls, "climb", climb)
    found = await calls.run_calls(CallsPlan(baseline=(), stall_s=0), lambda _: None)
    assert found.rows == []
