"""Files of conversation tests, in as many processes as pay.

A test knows nothing of those before it, so a file's are dealt out in parts; what came of them is
put together in the files' order, whoever was first.

The processes have nothing to clean up, so they can be killed at any moment: their files are in one
folder, which is their parent's.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import tempfile
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


def run_suites(suites: Sequence[Loaded], *, jobs: int | None = None) -> Generator[Ran]:
    """Run files of tests; gives what came of each, in their order.

    Args:
        suites: The files.
        jobs: Processes; None: as many as there are cores and as pay.

    Raises:
        SpeechUnavailable: The engines' process ended.
        IvrError: A process of ours did.

    Closing it, or Ctrl-C, kills the processes with the calls that are under way.
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
    others = set(multiprocessing.active_children())
    with tempfile.TemporaryDirectory(prefix="ivr-agi-tests-", ignore_cleanup_errors=True) as folder:
        pool = ProcessPoolExecutor(
            n_processes, context, initializer=_begin, initargs=(suites, folder)
        )
        try:
            with _no_ctrl_c():  # all are forked by the first submit()
                futures = [(n, pool.submit(_run_part, n, part)) for n, part in parts]
            for number in range(len(suites)):
                ran = Ran()
                for _, future in (found for found in futures if found[0] == number):
                    ran.add(future.result())
                yield ran
        except BrokenProcessPool as exc:
            raise IvrError("a process of the tests was ended from outside") from exc
        except BaseException:  # GeneratorExit and Ctrl-C, too
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _no_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back: a process that is forked meanwhile must not have it before it begins."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


def _begin(suites: Sequence[Loaded], folder: str) -> None:
    global _suites
    _suites = suites
    tempfile.tempdir = folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent has it, and kills this process
    threading.Thread(target=_leave_with_parent, args=[folder], daemon=True).start()


def _run_part(number: int, part: slice) -> Ran:
    return run_tests(_suites[number], part)


def _leave_with_parent(folder: str) -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
    process = os.getpid()
    if os.fork():
        os._exit(1)
    while os.getppid() == process:  # until then, calls may write files
        time.sleep(0.01)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)
