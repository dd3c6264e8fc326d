"""Background jobs: started again when they fail, told of, ended with their block."""

from __future__ import annotations

import asyncio
import gc

import pytest

from ivr_agi.serve import background
from ivr_agi.serve.background import background_jobs, report_unhandled
from tests.patience import PATIENCE_S


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(background, "MAX_PAUSE_S", 0.04)


class Job:
    """Fails, returns, or runs on, as it is told for each start."""

    def __init__(self, *ends: BaseException | None) -> None:
        self.ends = list(ends)
        self.started_at: list[float] = []
        self.was_cancelled = False
        self.runs_on = asyncio.Event()

    async def __call__(self) -> None:
        self.started_at.append(asyncio.get_running_loop().time())
        if self.ends:
            await asyncio.sleep(0)
            end = self.ends.pop(0)
            if end is not None:
                raise end
            return
        self.runs_on.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise


async def test_one_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """It is started again, with a line each time; others go on."""
    failures: list[int] = []
    job, other = Job(ZeroDivisionError("a\nb"), None), Job()
    async with background_jobs(lambda: failures.append(1)) as jobs:
        jobs.keep("the beat", job)
        jobs.keep("the other", other)
        async with asyncio.timeout(PATIENCE_S):
            await job.runs_on.wait()
    assert len(failures) == 2
    first, second = caplog.messages
    assert first.startswith("the beat failed and starts again in 0.01 s: ZeroDivisionError: a b (")
    assert "test_background.py:" in first
    assert second == "the beat failed and starts again in 0.02 s: it ended"
    assert job.was_cancelled
    assert len(other.started_at) == 1
    assert other.was_cancelled


async def test_one_that_is_cancelled_from_within(caplog: pytest.LogCaptureFixture) -> None:
    """A task group would let it go without a word."""
    job = Job(asyncio.CancelledError())
    async with background_jobs(lambda: None) as jobs:
        jobs.keep("the beat", job)
        async with asyncio.timeout(PATIENCE_S):
            await job.runs_on.wait()
    assert "something in it was cancelled" in caplog.text
    assert job.was_cancelled


async def test_it_is_not_started_again_at_once() -> None:
    """The pauses grow up to a limit."""
    job = Job(*(OSError() for _ in range(5)))
    async with background_jobs(lambda: None) as jobs:
        jobs.keep("it", job)
        async with asyncio.timeout(PATIENCE_S):
            await job.runs_on.wait()
    took = [later - at for at, later in zip(job.started_at, job.started_at[1:], strict=False)]
    for pause, expected in zip(took, (0.01, 0.02, 0.04, 0.04, 0.04), strict=True):
        assert pause >= expected * 0.9


async def test_after_a_long_time_it_begins_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure a day is not a job that cannot run."""
    monkeypatch.setattr(background, "STEADY_S", 0.0)
    job = Job(OSError(), OSError(), OSError())
    async with background_jobs(lambda: None) as jobs:
        jobs.keep("it", job)
        async with asyncio.timeout(PATIENCE_S):
            await job.runs_on.wait()
    assert all("in 0.01 s" in message for message in caplog.messages)


async def test_the_block_fails() -> None:
    """Its error goes on as it is, with no job left."""
    job = Job()

    async def fail() -> None:
        async with background_jobs(lambda: None) as jobs:
            jobs.keep("it", job)
            await job.runs_on.wait()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert job.was_cancelled


async def test_a_task_that_nobody_awaits(caplog: pytest.LogCaptureFixture) -> None:
    """Its error is one line, without its text, and counted."""
    loop, failures = asyncio.get_running_loop(), list[int]()
    before = loop.get_exception_handler()
    report_unhandled(lambda: failures.append(1))

    async def fail() -> None:
        raise ZeroDivisionError("4711")

    try:
        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        del task
        gc.collect()
    finally:
        loop.set_exception_handler(before)
    (line,) = caplog.messages
    assert line.startswith("Task exception was never retrieved: ZeroDivisionError (")
    assert "test_background.py:" in line
    assert "4711" not in line
    assert failures == [1]
