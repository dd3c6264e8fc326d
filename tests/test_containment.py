"""User code ends itself, not the process; its forks have no call."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import resource
import signal
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr_agi.containment import (
    contain_user_code,
    have_own_folder,
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
    "exec": (lambda: os.execv("/bin/true", ["true"]), PermissionError),
    "execl": (lambda: os.execlp("true", "true"), PermissionError),
    "watchdog": (lambda: faulthandler.dump_traceback_later(1, exit=True), PermissionError),
    "taken signal": (lambda: faulthandler.register(signal.SIGTERM), PermissionError),
}

LIMITS: dict[str, Callable[[], object]] = {
    "no recursion": lambda: sys.setrecursionlimit(60),
    "deep recursion": lambda: sys.setrecursionlimit(10**6),
    "one thread computes": lambda: sys.setswitchinterval(100),
    "long numbers": lambda: sys.set_int_max_str_digits(0),
    "hook": lambda: sys.addaudithook(lambda *_: None),
    "small stacks": lambda: threading.stack_size(32768),
    "large stacks": lambda: threading.stack_size(1 << 40),
    "slow threads": lambda: threading.settrace(lambda *_: None),
    "no files": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3)),
    "no time": lambda: resource.prlimit(0, resource.RLIMIT_CPU, (1, 1)),
    "files of others": lambda: os.closerange(3, 1000),
}
"""What is set for the whole process, and would end calls or slow them down."""


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
@pytest.mark.parametrize("name", LIMITS)
async def test_limits_of_the_process(name: str) -> None:
    """They are no function's; a thread that it starts cannot set them either."""
    with pytest.raises(PermissionError) as caught:
        await run_user_code(LIMITS[name])
    assert "subprocess" in str(caught.value) or "calls have open files" in str(caught.value)
    told: list[BaseException] = []

    def work() -> None:
        try:
            LIMITS[name]()
        except PermissionError as exc:
            told.append(exc)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(told) == 1


@pytest.mark.usefixtures("contained")
async def test_asking_for_limits() -> None:
    """Is allowed; so is what a fork sets for itself."""

    def work() -> tuple[int, int]:
        threading.stack_size()
        resource.prlimit(0, resource.RLIMIT_CPU)
        child = os.fork()
        if not child:
            sys.setrecursionlimit(2000)
            os.closerange(900, 1000)
            os.execv("/bin/true", ["true"])
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0], _exit_code(child)

    n_files, code = await run_user_code(work)
    assert n_files > 3
    assert code == 0


@pytest.mark.usefixtures("contained")
async def test_pipes_of_calls_are_not_closed() -> None:
    """By number, as a daemon closes whatever it has; its own files may be."""
    kept, own = os.pipe(), os.pipe()
    keep_from_forks(kept[1])
    with pytest.raises(PermissionError, match="calls have open files"):
        await run_user_code(os.close, kept[1])
    await run_user_code(os.close, own[1])
    may_be_closed(kept[1])
    for fd in (*kept, own[0]):
        os.close(fd)


async def test_each_thread_has_its_folder_and_umask(tmp_path: Path) -> None:
    """W: a script that goes to its own folder had taken all others along."""

    def move() -> str:
        os.chdir(tmp_path)
        os.umask(0o777)
        inner: list[str] = []
        thread = threading.Thread(target=lambda: inner.append(os.getcwd()))
        thread.start()
        thread.join()
        return inner[0]

    before = os.getcwd()
    assert await run_user_code(move) == str(tmp_path)
    assert os.getcwd() == before
    assert await run_user_code(os.getcwd) == before
    assert await run_user_code(os.umask, 0o77) != 0o777
    have_own_folder()  # nothing in the main thread
    mask = os.umask(0o22)
    os.umask(mask)
    assert mask not in (0o777, 0o77)


def test_the_proxies_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function's own proxy is for its own requests."""
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with contain_user_code():
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", "elsewhere")
        assert "http" not in urllib.request.getproxies()
        assert not urllib.request.proxy_bypass("elsewhere")
        found = asyncio.run(run_user_code(urllib.request.getproxies))
        assert found["http"] == "http://127.0.0.1:1"
        assert asyncio.run(run_user_code(urllib.request.proxy_bypass, "elsewhere"))
    assert urllib.request.getproxies()["http"] == "http://127.0.0.1:1"


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
