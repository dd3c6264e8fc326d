"""Pools of daemon threads: bounded, apart from each other, and nothing waits for one that hangs."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import decimal
import errno
import gc
import itertools
import logging
import os
import subprocess
import sys
import threading
import types
import weakref
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr_agi.errors import ChannelLost
from ivr_agi.log import current_call
from ivr_agi.threads import (
    DaemonPool,
    run_in,
    run_in_call_loop,
    run_user_code,
    run_user_code_alone,
    run_user_coroutine,
)
from tests.agi.fake_asterisk import until
from tests.patience import PATIENCE_S


@pytest.fixture
def hang() -> Iterator[threading.Event]:
    """What functions of a test hang on, until it ends."""
    event = threading.Event()
    yield event
    event.set()


async def test_what_it_returns_and_raises() -> None:
    """As in this thread; context variables go along."""
    pool = DaemonPool("tests", 1)
    call = contextvars.ContextVar("call", default="")
    call.set("1.1")
    assert await run_in(pool, call.get) == "1.1"
    assert await run_in(pool, int, "11", base=2) == 3
    with pytest.raises(ZeroDivisionError):
        await run_in(pool, divmod, 1, 0)


async def test_threads_are_used_again() -> None:
    """One after the other needs one thread only."""
    pool = DaemonPool("tests", 4)
    threads = set()
    for _ in range(10):
        threads.add(await run_in(pool, threading.get_ident))
        await asyncio.sleep(0.001)  # it is idle again
    assert len(threads) < 4


async def test_it_is_bounded(
    hang: threading.Event, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More work waits, in order; that is told once. Another pool does not feel it."""
    monkeypatch.setattr("ivr_agi.threads.FULL_S", 0.0)
    caplog.set_level(logging.WARNING, "ivr_agi.threads")
    pool = DaemonPool("tests", 2)
    hanging = [asyncio.create_task(run_in(pool, hang.wait)) for _ in range(2)]
    done: list[int] = []
    waiting = [asyncio.create_task(run_in(pool, done.append, number)) for number in range(5)]
    await asyncio.sleep(0.05)
    assert not done
    assert await run_in(DaemonPool("others", 1), int, "7") == 7
    assert caplog.messages == ["all 2 threads for tests are busy"]
    hang.set()
    await asyncio.gather(*hanging, *waiting)
    assert sorted(done) == list(range(5))


async def test_a_pool_that_is_full_for_a_moment(caplog: pytest.LogCaptureFixture) -> None:
    """It is only busy: nothing is logged."""
    caplog.set_level(logging.WARNING, "ivr_agi.threads")
    pool = DaemonPool("tests", 1)
    assert await asyncio.gather(*(run_in(pool, int, "7") for _ in range(5))) == [7] * 5
    assert caplog.messages == []


async def test_a_pool_that_is_full_and_gets_on(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long there is more to do than threads: as long as jobs end, none is stuck."""
    looks = itertools.count()
    clock = types.SimpleNamespace(monotonic=lambda: 0.1 * next(looks))
    monkeypatch.setattr("ivr_agi.threads.time", clock)
    caplog.set_level(logging.WARNING, "ivr_agi.threads")
    pool = DaemonPool("tests", 1)
    steps = [threading.Event() for _ in range(40)]
    jobs = [asyncio.create_task(run_in(pool, step.wait)) for step in steps[:2]]
    for at in range(2, len(steps)):
        jobs.append(asyncio.create_task(run_in(pool, steps[at].wait)))
        await asyncio.sleep(0)
        steps[at - 2].set()
        await jobs[at - 2]
    for step in steps:
        step.set()
    await asyncio.gather(*jobs)
    assert next(looks) > 30  # three seconds
    assert caplog.messages == []


async def test_a_disk_that_hangs_and_comes_back(hang: threading.Event) -> None:
    """What was given up is over; the threads are used again, and none is counted as busy."""
    pool = DaemonPool("tests", 2, deadline_s=0.05)
    done: list[int] = []
    jobs: list[Coroutine[None, None, object]] = [run_in(pool, hang.wait) for _ in range(2)]
    jobs += [run_in(pool, done.append, number) for number in range(3)]
    failed = await asyncio.gather(*jobs, return_exceptions=True)
    assert all(isinstance(error, TimeoutError) for error in failed)
    assert (pool.n_busy, done) == (2, [])
    hang.set()
    pool.deadline_s = PATIENCE_S
    for number in range(3, 6):
        await run_in(pool, done.append, number)
    assert done == [3, 4, 5]
    await until(lambda: pool.n_busy == 0)


async def test_what_is_given_up_while_it_waits(hang: threading.Event) -> None:
    """It is not run when a thread is free again."""
    pool = DaemonPool("tests", 1)
    hanging = asyncio.create_task(run_in(pool, hang.wait))
    await asyncio.sleep(0)
    done: list[int] = []
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run_in(pool, done.append, 1), 0.01)
    hang.set()
    await hanging
    await run_in(pool, done.append, 2)
    assert done == [2]


async def test_a_deadline(hang: threading.Event) -> None:
    """It is an error of the system with words; a TimeoutError of the function stays as it is."""
    pool = DaemonPool("tests", 2, deadline_s=0.05)
    with pytest.raises(TimeoutError, match="no answer in 0.05 s") as caught:
        await run_in(pool, hang.wait)
    assert caught.value.errno == errno.ETIMEDOUT

    def time_out() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await run_in(pool, time_out)


PI = decimal.Decimal("3.14159265358979")


def count_badly() -> decimal.Decimal:
    """Change what numbers are, for the thread."""
    decimal.getcontext().prec = 2
    decimal.getcontext().rounding = decimal.ROUND_UP
    return +PI


@pytest.mark.parametrize("run", [run_user_code, run_user_code_alone])
async def test_decimals_of_calls(run: Callable[..., Coroutine[None, None, object]]) -> None:
    """One object was everybody's context: after such a function, all calls said 12000 for 12345."""
    before = decimal.getcontext()
    assert await run(count_badly) == decimal.Decimal("3.2")
    assert +PI == PI
    assert await run(lambda: +PI) == PI
    assert decimal.getcontext() is before


async def test_the_call_of_user_code() -> None:
    """Lines in the log have it."""
    current_call.set("1.2")
    assert await run_user_code(current_call.get) == "1.2"
    assert await run_user_code_alone(current_call.get) == "1.2"


async def test_what_user_code_asks_of_a_call() -> None:
    """It runs with the call's context variables, not with those of the user's code."""
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()

    async def compute() -> decimal.Decimal:
        return +PI

    def work() -> decimal.Decimal:
        count_badly()
        return run_in_call_loop(compute(), loop, context).result(PATIENCE_S)

    assert await run_user_code(work) == PI


@pytest.mark.parametrize("is_deep", [False, True])
async def test_a_fork_that_asks_something_of_the_call(is_deep: bool) -> None:
    """It ends: it had waited for ever, for an event loop that only its parent has."""
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()

    def work() -> int:
        pid = os.fork()
        if not pid:
            try:
                run_in_call_loop(asyncio.sleep(0), loop, context).result()
            except ChannelLost:
                os._exit(7)
        return pid

    def work_in_a_thread() -> int:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(work).result()

    pid = await run_user_code(work_in_a_thread if is_deep else work)
    assert os.waitstatus_to_exitcode((await asyncio.to_thread(os.waitpid, pid, 0))[1]) == 7


async def test_a_coroutine_that_is_given_up_before_it_begins(hang: threading.Event) -> None:
    """It does not begin: the script of a call that was over had run for as long as it liked."""
    began, over = list[int](), threading.Event()

    async def main() -> None:
        began.append(1)

    def late(work: Callable[[], None]) -> None:
        hang.wait()
        with contextlib.suppress(asyncio.CancelledError):
            work()
        over.set()

    async def run(work: Callable[[], None]) -> None:
        await run_user_code_alone(late, work)

    task = asyncio.create_task(run_user_coroutine(main, run))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    hang.set()
    assert await asyncio.to_thread(over.wait, PATIENCE_S)
    assert began == []


async def test_user_code_shares_no_thread() -> None:
    """What one left in its thread (an event loop, a tracer, a signal mask) the next one found."""
    pool, local = DaemonPool("tests", 2, is_of_users=True), threading.local()

    def work() -> bool:
        was_there = hasattr(local, "left")
        local.left = True
        return was_there

    assert await asyncio.gather(*(run_in(pool, work) for _ in range(20))) == [False] * 20
    await until(lambda: pool.n_busy == 0)


async def test_one_shot_threads_are_bounded(hang: threading.Event) -> None:
    """What waits is done when one ends, in order."""
    pool, done = DaemonPool("tests", 1, is_of_users=True), list[int]()
    hanging = asyncio.create_task(run_in(pool, hang.wait))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(run_in(pool, done.append, number)) for number in range(5)]
    await asyncio.sleep(0)
    assert pool.n_busy <= 1
    assert not done
    hang.set()
    await asyncio.gather(hanging, *waiting)
    assert done == list(range(5))


async def test_nothing_is_kept() -> None:
    """An idle thread holds no object of the last call."""

    class Thing:
        def use(self) -> int:
            return 1

    pool, thing = DaemonPool("tests", 1), Thing()
    gone = weakref.ref(thing)
    assert await run_in(pool, thing.use) == 1
    del thing
    for _ in range(100):
        if gone() is None:
            break
        await asyncio.sleep(0.01)
    gc.collect()
    assert gone() is None


def test_in_a_forked_process() -> None:
    """The parent's threads are not there; others are started."""
    pool = DaemonPool("tests", 1)
    assert pool.submit(int).result(PATIENCE_S) == 0
    pid = os.fork()
    if pid == 0:
        os._exit(pool.submit(int, "7").result(PATIENCE_S))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def test_a_process_ends_all_the_same() -> None:
    """A function that hangs keeps it neither from the loop's end nor from its own."""
    code = (
        "import asyncio, threading\n"
        "from ivr_agi.threads import USER_CODE, run_in\n"
        "async def main():\n"
        "    try:\n"
        "        await asyncio.wait_for(run_in(USER_CODE, threading.Event().wait), 0.05)\n"
        "    except TimeoutError:\n"
        "        print('given up')\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=PATIENCE_S, check=True
    )
    assert done.stdout == b"given up\n"
