"""The soak, small: that it measures, and what counts as left behind."""

from __future__ import annotations

import pytest

from benchmarks import soak
from benchmarks.soak import Soaked, SoakPlan, soak_rows


@pytest.mark.slow
async def test_soak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls come and go, and leave nothing that counts."""
    monkeypatch.setattr(soak, "SETTLED_AFTER_S", 1.0)
    monkeypatch.setattr(soak, "WARM_UP_ROUNDS", 2)
    plan = SoakPlan(calls=6, at_a_time=2, hang_up_after_s=0.1)
    rows = {row.name: row for row in await soak.run_soak(plan, lambda _: None)}
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


class Refusing:
    """Everything but the calls, of which the server refuses two."""

    def __init__(self) -> None:
        self.how: dict[str, object] = {}
        self.callers = self.service = self

    async def ask(self, **_: object) -> dict[str, object]:
        """Report."""
        return {"refused": 2, "ended": 0, "calls": 0, "statuses": {}}


async def test_a_server_that_refuses() -> None:
    """That is the end of it."""
    found = await soak._make_calls(Refusing(), SoakPlan(), 10, lambda _: None)  # type: ignore[arg-type]
    assert found == {"refused": 2}
