"""A reload and a restart with calls through a real Asterisk; more: ``make test-restart``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import restart_sites
from benchmarks.restart import RestartPlan, run_restarts
from benchmarks.restart_sites import restarts_behind

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.asterisk.instance import AsteriskInstance

pytestmark = pytest.mark.asterisk


async def test_restarts(
    asterisk: AsteriskInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All calls end as their flows say."""
    monkeypatch.setattr(restart_sites, "DURATIONS_S", {"short": 0.5, "long": 5.0})
    monkeypatch.setattr(restart_sites, "LAUNCHER_WAIT_S", 60.0)  # the machine may be busy
    async with restarts_behind(asterisk, tmp_path) as site:
        plan = RestartPlan(seconds=6.0, calls_per_s=5.0, every_s=1.0)
        rows = {each.name: each for each in await run_restarts(site, plan, lambda _: None)}
    assert (rows["restart_calls"].p50 or 0) >= 30
    assert rows["restart_refused"].is_met, rows
    assert rows["restart_cut_off"].is_met, rows
    assert {"restart_reload", "restart_restart"} <= rows.keys()
