"""Time that runs only while everything waits.

Threads are bare ones: ``Thread.start()`` may wait for the thread, and that blocks the loop.
"""

from __future__ import annotations

import _thread
import asyncio
import contextvars
import os
import time

import pytest

from ivr_agi.rehearsal.virtual import VirtualLoop, run_virtually
from tests.patience import PATIENCE_S, Stopwatch


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

    watch = Stopwatch()
    assert run_virtually(sleep()) == pytest.approx([3600, 3600.5, 3610.5], abs=0.01)
    assert watch.seconds < 1


def test_timers_of_one_moment_come_in_order() -> None:
    """As they were set; a cancelled one does not come, and takes no time."""

    async def run() -> list[object]:
        loop, seen = asyncio.get_running_loop(), list[object]()
        for number in range(3):
            loop.call_at(7.0, seen.append, number)
        loop.call_later(60, seen.append, "never").cancel()
        loop.call_soon(seen.append, "never").cancel()
        late = loop.call_at(-1.0, seen.append, "late")
        assert (late.when(), late.cancelled()) == (-1.0, False)
        await asyncio.sleep(7)
        return [*seen, loop.time()]

    assert run_virtually(run()) == ["late", 0, 1, 2, 7.0]


def test_a_pipe_comes_before_time() -> None:
    """What is in it is read before the next timer."""

    async def run() -> tuple[bytes, float]:
        loop = asyncio.get_running_loop()
        source, sink = pipe = os.pipe()
        for fd in pipe:
            os.set_blocking(fd, False)
        got = loop.create_future()
        loop.add_reader(source, lambda: got.set_result(os.read(source, 10)))
        os.write(sink, b"x")
        async with asyncio.timeout(PATIENCE_S):
            await got
        loop.remove_reader(source)
        for fd in pipe:
            os.close(fd)
        return got.result(), loop.time()

    assert run_virtually(run()) == (b"x", 0.0)


def test_a_reader_may_remove_another() -> None:
    """Although that one's pipe has something, too."""

    async def run() -> int:
        loop = asyncio.get_running_loop()
        pipes = [os.pipe() for _ in range(2)]
        for fd in (fd for pipe in pipes for fd in pipe):
            os.set_blocking(fd, False)
        called: list[int] = []

        def on_data(number: int) -> None:
            called.append(number)
            for source, _ in pipes:
                loop.remove_reader(source)

        for number, (source, sink) in enumerate(pipes):
            loop.add_reader(source, on_data, number)
            os.write(sink, b"x")
        await asyncio.sleep(1)
        for fd in (fd for pipe in pipes for fd in pipe):
            os.close(fd)
        return len(called)

    assert run_virtually(run()) == 1


def test_handles_can_be_kept_in_a_set() -> None:
    """Each is equal to itself alone."""

    async def run() -> int:
        loop = asyncio.get_running_loop()
        handles = {loop.call_later(1, str), loop.call_later(1, str), loop.call_soon(str)}
        return len(handles)

    assert run_virtually(run()) == 3


def test_a_thread_is_waited_for() -> None:
    """Where there is nothing else to wait for."""

    async def run() -> bool:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake_up_later() -> None:
            time.sleep(0.01)
            loop.call_soon_threadsafe(woken.set)

        _thread.start_new_thread(wake_up_later, ())
        return await woken.wait()

    assert run_virtually(run())


def test_a_thread_is_heard_before_time_passes() -> None:
    """What it asked for is called at once, and not after the next timer."""

    async def run() -> float:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        asked: list[object] = []
        _thread.start_new_thread(lambda: asked.append(loop.call_soon_threadsafe(woken.set)), ())
        while not asked:
            pass  # time stands still
        async with asyncio.timeout(5):
            await woken.wait()
        return loop.time()

    assert run_virtually(run()) == 0.0


def test_nothing_is_called_after_a_stop() -> None:
    """Until the loop runs again, which it may."""
    loop = VirtualLoop()
    seen: list[int] = []
    for number in range(3):
        loop.call_later(number, seen.append, number)
    loop.call_later(1, loop.stop)
    loop.call_later(1, seen.append, 7)
    loop.run_forever()
    assert (seen, loop.time()) == ([0, 1], 1.0)
    loop.call_later(5, loop.stop)
    loop.run_forever()
    assert (seen, loop.time()) == ([0, 1, 7, 2], 6.0)
    loop.close()


def test_a_stop_before_the_run() -> None:
    """It returns at once."""
    loop = VirtualLoop()
    loop.call_later(1, str)
    loop.stop()
    loop.run_forever()
    assert loop.time() == 0.0
    loop.close()


def test_a_complaint_without_an_error() -> None:
    """Nothing is raised at the end."""

    async def run() -> int:
        asyncio.get_running_loop().call_exception_handler({"message": "hm"})
        return 1

    assert run_virtually(run()) == 1


def test_ctrl_c_in_a_callback_ends_the_run() -> None:
    """And is not taken for the callback's own error."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    async def run() -> None:
        asyncio.get_running_loop().call_later(1, interrupt)
        await asyncio.sleep(2)

    with pytest.raises(KeyboardInterrupt):
        run_virtually(run())


def test_a_callback_has_its_context() -> None:
    """The one that it was given."""
    name = contextvars.ContextVar("name", default="none")
    found: list[str] = []

    async def run() -> None:
        context = contextvars.copy_context()
        context.run(name.set, "mine")
        handle = asyncio.get_running_loop().call_later(
            1, lambda: found.append(name.get()), context=context
        )
        assert handle.get_context() is context  # type: ignore[attr-defined,unused-ignore]  # 3.12
        await asyncio.sleep(2)

    run_virtually(run())
    assert found == ["mine"]


def test_work_of_a_thread_is_done_at_once() -> None:
    """Also what it raises."""

    async def run() -> float:
        assert await asyncio.to_thread(abs, -1) == 1
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(divmod, 1, 0)
        return asyncio.get_running_loop().time()

    assert run_virtually(run()) == 0.0


def test_no_private_part_of_asyncio_is_replaced() -> None:
    """Only what its documentation names."""
    private = {name for name in dir(asyncio.SelectorEventLoop) if name.startswith("_")}
    ours = {name for name in vars(VirtualLoop) if not name.startswith("__")}
    assert not ours & private


def test_what_a_callback_raises_is_raised_at_the_end() -> None:
    """A loop would only log it."""

    async def run() -> None:
        asyncio.get_running_loop().call_later(1, [].pop)
        await asyncio.sleep(2)

    with pytest.raises(IndexError):
        run_virtually(run())
