"""Launches, few: that they are measured, not what."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from benchmarks import launch
from ivr_agi.errors import IvrError


async def test_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    """All three programs say something."""
    monkeypatch.setattr(launch, "WARM_UP", 0)
    rows = {row.name: row for row in await launch.run_launches(1, lambda _: None)}
    ours = rows["launch_to_command"]
    assert ours.p50 is not None
    assert 0 < ours.p50 < 5000
    assert ours.baseline is not None
    assert rows["launcher_cpu"].n == 1
    sound = rows["launch_to_sound"].p50
    assert sound is not None
    assert ours.p50 <= sound < 5000


async def test_a_program_that_says_nothing(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(IvrError, match="true said nothing"):
        await asyncio.to_thread(launch.launch, ["/bin/true"], tmp_path)
