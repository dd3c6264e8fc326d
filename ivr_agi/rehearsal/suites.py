"""Files of conversation tests, in as many processes as pay.

A test knows nothing of those before it, so a file's are dealt out in parts; what came of them is
put together in the files' order, whoever was first.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from ivr_agi.errors import IvrError
from ivr_agi.rehearsal.conversations import Loaded, Ran, run_tests

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

__all__ = ("n_cores", "run_suites")

PART_LINES = 50
"""A part of a file has at least so many lines of talk: some 30 ms."""
PARTS_PER_PROCESS = 4
"""So that none waits long for the last."""
PROCESS_LINES = 300
"""A process pays from so many on: to begin and to end it takes some 30 ms."""

_suites: Sequence[Loaded] = ()
"""In a process of the pool: the files, which it has from its parent."""
_is_leaving = False
"""In a process of the pool: it was told to end."""


def run_suites(suites: Sequence[Loaded], *, jobs: int | None = None) -> Generator[Ran]:
    """Run files of tests; gives what came of each, in their order.

    Args:
        suites: The files.
        jobs: Processes; None: as many as there are cores and as pay.

    Raises:
        SpeechUnavailable: The engines' process ended.
        IvrError: A process of ours did.

    Closing it, or Ctrl-C, ends the processes and the calls that are under way.
    """
    n_lines = sum(map(_n_lines, suites))
    if jobs is None:
        jobs = min(n_cores(), max(1, n_lines // PROCESS_LINES))
    if jobs == 1:
        yield from map(run_tests, suites)
        return
    size = max(PART_LINES, n_lines // (jobs * PARTS_PER_PROCESS))
    parts = [(n, part) for n, suite in enumerate(suites) for part in _parts(suite, size)]
    context = multiprocessing.get_context("fork")  # they have the files without reading them
    n_processes = max(1, min(jobs, len(parts)))  # all of them begin with the first part
    pool = ProcessPoolExecutor(n_processes, context, initializer=_begin, initargs=(suites,))
    try:
        futures = [(n, pool.submit(_run_part, n, part)) for n, part in parts]
        for number in range(len(suites)):
            ran = Ran()
            for _, future in (found for found in futures if found[0] == number):
                ran.add(future.result())
            yield ran
    except BrokenProcessPool as exc:
        raise IvrError("a process of the tests was ended from outside") from exc
    except BaseException:  # GeneratorExit and Ctrl-C of the parent alone, too
        for process in multiprocessing.active_children():
            if process.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGINT)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def n_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def _parts(suite: Loaded, size: int) -> Iterator[slice]:
    """Cut a file into parts of so many lines; one with recordings is one, as are its engines."""
    first = lines = 0
    for number, test in enumerate(suite.suite.tests, 1):
        lines += len(test.talk)
        if (lines >= size and not suite.sounds) or number == len(suite.suite.tests):
            yield slice(first, number)
            first, lines = number, 0


def _n_lines(suite: Loaded) -> int:
    return PROCESS_LINES if suite.sounds else sum(len(test.talk) for test in suite.suite.tests)


# In a process of the pool.


def _begin(suites: Sequence[Loaded]) -> None:
    global _suites
    _suites = suites
    signal.signal(signal.SIGINT, _leave)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _run_part(number: int, part: slice) -> Ran:
    if _is_leaving:  # this part was on its way by then
        sys.exit(130)
    return run_tests(_suites[number], part)


def _leave(*_: object) -> None:
    """Ctrl-C: end the call that is under way, with its files; the parent tells of it."""
    global _is_leaving
    _is_leaving = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would leave the files
    with contextlib.suppress(RuntimeError):  # what a part begins or ends with is left whole
        asyncio.get_running_loop()
        sys.exit(130)


def _leave_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(1)
    os._exit(1)
