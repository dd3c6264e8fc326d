"""User code ends itself, not the process; its forks have no call."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from ivr_agi.containment import (
    contain_user_code,
    is_of_users,
    keep_from_forks,
    may_be_closed,
)
from ivr_agi.errors import UserCodeFailed
from ivr_agi.threads import call_user_code, run_user_code


def _exit_code(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture
def contained() -> Iterator[None]:
    """As in a worker."""
    with contain_user_code():
        yield


ENDINGS: dict[str, tuple[Callable[[], object], type[BaseException]]] = {
    "exit": (lambda: os._exit(3), SystemExit),
    "abort": (lambda: os.abort(), SystemExit),
    "kill": (lambda: os.kill(os.getpid(), signal.SIGKILL), PermissionError),
    "group": (lambda: os.kill(0, signal.SIGTERM), PermissionError),
    "killpg": (lambda: os.killpg(os.getpgrp(), signal.SIGTERM), PermissionError),
    "raise": (lambda: signal.raise_signal(signal.SIGUSR2), PermissionError),
    "thread": (
        lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR2),
        PermissionError,
    ),
    "alarm": (lambda: signal.alarm(1), ValueError),
    "timer": (lambda: signal.setitimer(signal.ITIMER_REAL, 1), ValueError),
}


@pytest.mark.usefixtures("contained")
@pytest.mark.parametrize("name", ENDINGS)
async def test_what_ends_a_process_ends_the_code(name: str) -> None:
    """C3: in a worker it would take other callers' calls along."""
    end, raised = ENDINGS[name]
    with pytest.raises(UserCodeFailed if raised is SystemExit else raised) as caught:
        await run_user_code(end)
    if isinstance(caught.value, UserCodeFailed):
        assert caught.value.kind == "SystemExit"


@pytest.mark.usefixtures("contained")
def test_in_a_thread_that_user_code_has_started() -> None:
    """It ends that thread."""
    went_on = threading.Event()

    def work() -> None:
        with contextlib.suppress(SystemExit):  # threading ignores it; pytest does not
            os._exit(3)
            went_on.set()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not went_on.is_set()


@pytest.mark.usefixtures("contained")
def test_in_the_main_thread() -> None:
    """A script that is loaded there (a call without the server) may have signals."""
    with pytest.raises(SystemExit), is_of_users():
        os._exit(3)
    with is_of_users():
        assert signal.setitimer(signal.ITIMER_PROF, 0) == (0, 0)
        os.kill(os.getpid(), 0)


@pytest.mark.usefixtures("contained")
async def test_what_it_may_do() -> None:
    """Ask whether a process is there, and end its own children."""

    def work() -> int:
        os.kill(os.getpid(), 0)
        child = os.fork()
        if not child:
            signal.pause()
        os.kill(child, signal.SIGTERM)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert await run_user_code(work) == -signal.SIGTERM


def test_afterwards_all_is_as_before() -> None:
    """A test, or a command, has the real ones."""
    before = os._exit, signal.alarm
    with contain_user_code():
        assert os._exit is not before[0]
    assert (os._exit, signal.alarm) == before


async def test_a_fork_of_user_code_ends_where_that_does() -> None:
    """It would go on as a worker's thread, and hold the pipes of all calls for ever."""
    pid = await run_user_code(os.fork)
    assert await asyncio.to_thread(_exit_code, pid) == 0


@pytest.mark.usefixtures("contained")
async def test_a_fork_may_end_itself() -> None:
    """With the code that it likes."""

    def fork() -> int:
        pid = os.fork()
        if not pid:
            os._exit(7)
        return pid

    pid = await run_user_code(fork)
    assert await asyncio.to_thread(_exit_code, pid) == 7


def test_a_fork_has_no_pipe_of_a_call() -> None:
    """Asterisk waits until nobody has the pipe of commands any more."""
    kept, given = os.pipe(), os.pipe()
    keep_from_forks(kept[1])
    keep_from_forks(given[1])
    may_be_closed(given[1])

    def is_open(fd: int) -> bool:
        with contextlib.suppress(OSError):
            os.fstat(fd)
            return True
        return False

    pid = os.fork()
    if not pid:
        os._exit(is_open(kept[1]) * 2 + is_open(given[1]))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert is_open(kept[1])
    may_be_closed(kept[1])
    for fd in (*kept, *given):
        os.close(fd)


def test_an_error_that_cannot_be_told() -> None:
    """Its text is user code as well: it raised where nobody expected it."""

    class Evil(Exception):
        def __str__(self) -> str:
            raise SystemExit

    def fail() -> None:
        raise Evil

    _, error = call_user_code(fail)
    assert isinstance(error, UserCodeFailed)
    assert error.kind == "Evil"
