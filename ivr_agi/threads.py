"""Threads for work that blocks, in pools by whose work it is. Shell.

What hangs takes threads of its own pool only: functions of users, our files, and what goes through
the event loop's default executor (names of hosts, tokens) do not wait for each other. The threads
are daemons: one that hangs does not keep the process from its end, as those of
:class:`concurrent.futures.ThreadPoolExecutor` do.

A function of users has a thread that nobody had before and nobody has after it, with a folder, a
umask and context variables of its own: what it changes of them reaches no other call.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import errno
import functools
import logging
import os
import queue
import threading
import time
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from ivr_agi.containment import OUR_THREADS, have_own_folder, is_fork_of_users, is_of_users
from ivr_agi.errors import ChannelLost, UserCodeFailed
from ivr_agi.log import current_call

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

__all__ = (
    "FILES",
    "NETWORK_THREADS",
    "USER_CODE",
    "DaemonPool",
    "call_user_code",
    "run_in",
    "run_in_call_loop",
    "run_user_code",
    "run_user_code_alone",
    "run_user_coroutine",
)

_P = ParamSpec("_P")
_T = TypeVar("_T")

_log = logging.getLogger("ivr_agi.threads")

FILE_THREADS = 8
FILE_DEADLINE_S = 30.0
"""A disk that takes longer has failed."""
USER_THREADS = 32
"""Functions of ``python`` steps at a time; more wait, at most as long as their step allows."""
NETWORK_THREADS = 16
"""Of the event loop's default executor in a server."""
FULL_S = 1.0
"""A full pool in which work begins more often is busy, not stuck: many prompts saved at once."""
WARN_S = 60.0
"""Between two lines that say that a pool is full."""

_Job = tuple["Future[Any]", "Callable[[], Any]"]


class DaemonPool(Executor):
    """A bounded number of daemon threads, started when there is work for them.

    Args:
        name: Whose work it is, for the log.
        max_threads: How many there may be; what is more waits, in order.
        deadline_s: Seconds that :func:`run_in` waits; None: its caller has a deadline.
        is_of_users: Each function has a thread and context variables of its own.
    """

    def __init__(
        self,
        name: str,
        max_threads: int,
        *,
        deadline_s: float | None = None,
        is_of_users: bool = False,
    ) -> None:
        self.name = name
        self.deadline_s = deadline_s
        self.is_of_users = is_of_users
        self._max_threads = max_threads
        self._warned_at = -WARN_S
        self._start_anew()
        os.register_at_fork(after_in_child=self._start_anew)

    def _start_anew(self) -> None:
        """Have no threads: those of the parent are not in a process that was forked."""
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._starting = threading.Lock()
        self._n_threads = 0
        self._busy: set[int] = set()
        self._full_since: float | None = None

    @property
    def n_busy(self) -> int:
        """Threads that work at this moment."""
        return len(self._busy)

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Run a function in a thread; never waits."""
        future: Future[_T] = Future()
        self._jobs.put((future, functools.partial(fn, *args, **kwargs)))
        if self._idle.acquire(blocking=False):
            return future
        with self._starting:
            is_full = self._n_threads >= self._max_threads
            if not is_full:
                self._n_threads += 1
        if is_full:
            self._warn_if_stuck()
        else:
            self._start()
        return future

    def _start(self) -> None:
        run = self._run_once if self.is_of_users else self._run
        threading.Thread(target=run, name=f"{OUR_THREADS}{self.name}", daemon=True).start()

    def _warn_if_stuck(self) -> None:
        now = time.monotonic()
        if self._full_since is None:
            self._full_since = now
        elif now - self._full_since >= FULL_S and now - self._warned_at >= WARN_S:
            self._warned_at = now
            _log.warning("all %d threads for %s are busy", self._max_threads, self.name)

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                self._idle.release()
                job = self._jobs.get()
            self._work(job)
            del job  # while the thread is idle, nothing of a call is kept

    def _run_once(self) -> None:
        have_own_folder()
        with contextlib.suppress(queue.Empty):  # another thread has done it
            self._work(self._jobs.get_nowait())
        with self._starting:
            is_over = self._jobs.empty()
            if is_over:  # what is put there from now on starts a thread
                self._n_threads -= 1
        if not is_over:
            self._start()

    def _work(self, job: _Job) -> None:
        thread = threading.get_ident()
        self._full_since = None  # one was free: what waits goes on
        self._busy.add(thread)
        _do(*job)
        self._busy.discard(thread)


def _do(future: Future[Any], work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return  # it was given up while it waited
    try:
        result = work()
    except BaseException as exc:  # noqa: BLE001  # whatever it is, it is the waiting task's
        future.set_exception(exc)
    else:
        future.set_result(result)


FILES = DaemonPool("files", FILE_THREADS, deadline_s=FILE_DEADLINE_S)
"""Our own work on files."""
USER_CODE = DaemonPool("Python functions of flows", USER_THREADS, is_of_users=True)
"""Functions of users."""


async def run_in(
    pool: DaemonPool, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
) -> _T:
    """Run a function in a thread of a pool, with the context variables of this task.

    Users' functions have but the call's id: a context of decimal numbers, say, is one object for
    all tasks, and they may change it.

    Raises:
        TimeoutError: It took longer than the pool's deadline; an OSError, as a disk's would be.

    Cancellation: safe for the task; a function that runs already goes on in its thread.
    """
    loop = asyncio.get_running_loop()
    context = _context_of_users() if pool.is_of_users else contextvars.copy_context()
    work = functools.partial(context.run, function, *args, **kwargs)
    deadline = asyncio.timeout(pool.deadline_s)
    try:
        async with deadline:
            return await loop.run_in_executor(pool, work)
    except TimeoutError:
        if not deadline.expired():
            raise
        reason = f"no answer in {pool.deadline_s:g} s"
        raise TimeoutError(errno.ETIMEDOUT, reason) from None


def _context_of_users() -> contextvars.Context:
    context = contextvars.Context()
    context.run(current_call.set, current_call.get())
    return context


def call_user_code(
    function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
) -> tuple[_T | None, Exception | None]:
    """Call a user's function in this thread: the outermost frame of user code.

    What it raises is returned, not raised, and is an ``Exception``: an event loop ends by a
    ``SystemExit`` in one of its tasks, takes a ``CancelledError`` for its own, and loses a
    ``StopIteration``.

    Returns:
        What it returned, and None; or None, and what it raised.
    """
    try:
        with is_of_users():
            return function(*args, **kwargs), None
    except (StopIteration, concurrent.futures.CancelledError) as exc:
        return None, _failed(exc)
    except Exception as exc:  # noqa: BLE001  # whatever a user's code does wrong
        return None, exc if _has_text(exc) else _failed(exc)
    except BaseException as exc:  # noqa: BLE001  # sys.exit(), KeyboardInterrupt, ...
        return None, _failed(exc)


def _has_text(error: Exception) -> bool:
    try:
        str(error)
    except BaseException:  # noqa: BLE001  # that is user code, too
        return False
    return True


def _failed(raised: BaseException) -> UserCodeFailed:
    error = UserCodeFailed(raised)
    error.__cause__ = raised
    return error


async def run_user_code(function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run a user's function in a thread.

    Raises:
        UserCodeFailed: It raised what is no ``Exception``.
        Exception: Whatever else it raised.

    Cancellation: safe for the task; the function goes on in its thread.
    """
    returned, error = await run_in(USER_CODE, call_user_code, function, *args, **kwargs)
    try:
        if error is not None:
            raise error
        return returned  # type: ignore[return-value]  # None only beside an error
    finally:
        del error  # its traceback has this frame


async def run_user_code_alone(
    function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
) -> _T:
    """Run a user's function in a daemon thread of its own: it may take as long as a call.

    Raises:
        UserCodeFailed: It raised what is no ``Exception``.
        Exception: Whatever else it raised.

    Cancellation: safe for the task; the function goes on in its thread.
    """
    done: Future[tuple[_T | None, Exception | None]] = Future()
    done.set_running_or_notify_cancel()  # from here on, only the thread completes it
    context = _context_of_users()

    def work() -> None:
        have_own_folder()
        done.set_result(context.run(call_user_code, function, *args, **kwargs))

    threading.Thread(target=work, name=f"{OUR_THREADS}script", daemon=True).start()
    error = None
    try:
        returned, error = await asyncio.wrap_future(done)
        if error is not None:
            raise error
        return returned  # type: ignore[return-value]  # None only beside an error
    finally:
        del error  # its traceback has this frame


async def run_user_coroutine(
    make: Callable[[], Coroutine[Any, Any, _T]],
    run: Callable[[Callable[[], _T]], Awaitable[_T]] = run_user_code,
) -> _T:
    """Run a user's coroutine in an event loop and a thread of its own.

    One that blocks, or ends its loop, holds up no call.

    Args:
        make: Makes the coroutine.
        run: Runs a function in a thread: of the pool, or of its own.

    Raises:
        UserCodeFailed: It raised what is no ``Exception``.
        Exception: Whatever else it raised.

    Cancellation: the coroutine is cancelled, too.
    """
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []

    given_up = threading.Event()

    async def in_own_loop() -> _T:
        running.append((asyncio.get_running_loop(), asyncio.current_task()))
        if given_up.is_set():  # before this thread came to it
            raise asyncio.CancelledError
        return await make()

    try:
        return await run(lambda: asyncio.run(in_own_loop()))
    except asyncio.CancelledError:
        given_up.set()
        for loop, task in running:
            if task is not None:
                with contextlib.suppress(RuntimeError):  # that loop is closed: it has just ended
                    loop.call_soon_threadsafe(task.cancel)
        raise


def run_in_call_loop(
    work: Coroutine[Any, Any, _T], loop: asyncio.AbstractEventLoop, context: contextvars.Context
) -> Future[_T]:
    """Have a call's event loop run what user code asks for, from another thread.

    Args:
        work: What it asks for.
        loop: The loop.
        context: Context variables of the call. Those of the user's code are not for ours.

    Raises:
        ChannelLost: In a process that user code has forked. The loop is not there: it would wait
            for ever.
    """
    if is_fork_of_users():
        work.close()
        raise ChannelLost("a process that a script forks has no call")
    return context.copy().run(asyncio.run_coroutine_threadsafe, work, loop)
