"""The whole benchmarks of the server, small; that they measure, not what."""

from __future__ import annotations

import os
import signal
import types
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ivr_agi.bench import calls
from ivr_agi.bench.calls import CallsPlan, Site
from ivr_agi.bench.chart import draw_costs
from ivr_agi.bench.load_steps import LoadStep
from ivr_agi.errors import ConfigError, IvrError
from tests.patience import PATIENCE_S

PNG = b"\x89PNG"
NOBODY = 1 << 30


def hold_until_something_is_seen(monkeypatch: pytest.MonkeyPatch) -> list[LoadStep]:
    """Hold each number of calls until frames came and a prompt was stopped; gives all that is seen.

    A window may lie between two prompts, and a busy machine takes longer to get to one. What is
    lost counts in every window.
    """
    hold, held = calls._hold, list[LoadStep]()

    async def patiently(site: Site, n_calls: int, wait: Callable[[], Any]) -> LoadStep:
        while True:
            step = await hold(site, n_calls, wait)
            held.append(step)
            if step.frame_ms and step.command_ms:
                return step

    monkeypatch.setattr(calls, "_hold", patiently)
    return held


@pytest.mark.slow
async def test_calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Server, stall and plain script; the frames are there, the picture too."""
    monkeypatch.setattr(calls, "SETTLE_S", 0.8)
    monkeypatch.setattr(calls, "STALL_SETTLE_S", 0.5)
    monkeypatch.setattr("ivr_agi.bench.load_steps.LATE_MS", 10_000.0)
    monkeypatch.setattr("ivr_agi.bench.load_steps._REACTION_S", float(PATIENCE_S))
    held = hold_until_something_is_seen(monkeypatch)
    said: list[str] = []
    plan = CallsPlan(ladder=(2,), baseline=(1,), seconds=2.0, stall_s=0.2)
    found = await calls.run_calls(plan, said.append)
    assert [step.calls for step in (*found.steps, *found.stalled, *found.baseline)] == [2, 2, 1]
    for step in held:
        assert (step.lost, step.missing, step.refused, step.ended) == (0, 0, 0, 0), said
    for step in (*found.steps, *found.stalled, *found.baseline):
        assert step.frames > 0
        assert step.frame_ms
    assert all(step.command_ms for step in found.steps)
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


class Told:
    """The simulated Asterisk: is told what to do."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []

    async def ask(self, **command: object) -> dict[str, object]:
        """Note the command."""
        self.asked.append(command)
        return {}


def a_told_site(folder: Path) -> tuple[Site, Told]:
    """A site without processes."""
    told: Any = Told()
    return Site(folder, told, told, NOBODY, {"ramp_per_s": 25}), told


@pytest.mark.virtual_time
async def test_a_server_that_leaves_no_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is waited for, but not for ever."""
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *args: killed.append(args))
    site, told = a_told_site(tmp_path)
    with pytest.raises(IvrError, match="left no profile"):
        await calls._stop_and_read(site)
    assert killed == [(NOBODY, signal.SIGTERM)]
    assert "hang_up" in told.asked[0]


@pytest.mark.virtual_time
async def test_the_climb_ends_with_the_first_that_breaks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """More calls would only break more."""

    async def hold(_: Site, n_calls: int, wait: Callable[[], Any]) -> Any:
        await wait()
        return types.SimpleNamespace(calls=n_calls, broke="late" if n_calls > 10 else "")

    monkeypatch.setattr(calls, "_hold", hold)
    monkeypatch.setattr(calls, "_line", lambda _, step: f"{step.calls} {step.broke}")
    site, told = a_told_site(tmp_path)
    said: list[str] = []
    await calls.climb(site, (10, 20, 30), 1.0, said.append)
    assert said == ["10 ", "20 late"]
    assert [command["calls"] for command in told.asked] == [10, 20]


async def test_a_server_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other processes end with it."""
    monkeypatch.setattr(calls, "_SETTINGS", "nonsense = 1\n")
    with pytest.raises(IvrError, match="the server did not start"):
        async with calls.a_site():
            pass
