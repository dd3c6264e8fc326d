"""Time that runs only while everything waits."""

from __future__ import annotations

import asyncio
import time

import pytest

from ivr_agi.rehearsal.virtual import run_virtually


def test_an_hour_takes_no_time() -> None:
    """Timers fire in order, time-outs too."""

    async def sleep() -> list[float]:
        loop, seen = asyncio.get_running_loop(), []
        for delay in (3600, 0.5):
            await asyncio.sleep(delay)
            seen.append(loop.time())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 10)
        return [*seen, loop.time()]

    began = time.monotonic()
    assert run_virtually(sleep()) == pytest.approx([3600, 3600.5, 3610.5], abs=0.01)
    assert time.monotonic() - began < 1
