"""Waiting for a service or a function, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from ivr_agi.flow.run.waiting import LoopWaiting
from ivr_agi.rehearsal.virtual import run_virtually


async def work(takes_s: float, said: list[str] | None = None) -> int:
    """Something that takes its time."""
    try:
        await asyncio.sleep(takes_s)
    except asyncio.CancelledError:
        if said is not None:
            said.append("cancelled")
        raise
    return 1


def test_a_filler_is_said_to_its_end() -> None:
    """Only where the work takes longer; the work goes on meanwhile."""

    async def run(takes_s: float) -> tuple[int, float, list[str]]:
        said = []

        async def filler() -> None:
            await asyncio.sleep(3)
            said.append("filler")

        found = await LoopWaiting().wait(work(takes_s), 9, filler=filler, filler_after_s=1)
        return found, asyncio.get_running_loop().time(), said

    assert run_virtually(run(0.5))[2] == []
    found, at, said = run_virtually(run(2))
    assert (found, said) == (1, ["filler"])
    assert at == pytest.approx(4, abs=0.1)


def test_the_deadline_is_the_works() -> None:
    """It is cancelled then."""
    said: list[str] = []

    async def run() -> None:
        with pytest.raises(TimeoutError):
            await LoopWaiting().wait(work(9, said), 1)

    run_virtually(run())
    assert said == ["cancelled"]


def test_who_waits_may_be_cancelled() -> None:
    """The caller hung up: the work is given up, too."""
    said: list[str] = []

    async def run() -> None:
        waiting = asyncio.ensure_future(LoopWaiting().wait(work(9, said), 99))
        await LoopWaiting().pause(1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await LoopWaiting().pause(1)

    run_virtually(run())
    assert said == ["cancelled"]
