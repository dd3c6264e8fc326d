"""Keeps user code from what all calls of a process share: its life, limits, pipes. Shell.

What ends a process would take the calls of others along: ``os._exit()``, ``os.abort()``, another
program in its place, a signal to the process itself, a timer whose signal nobody takes. Here they
end the code that asks for them. So do limits that the process has as a whole. What Linux and Python
can keep for each thread, the thread of a function has for itself: folder, umask, context variables.
A process that user code forks ends where that code does, and has no pipe of a call: Asterisk waits
for the last copy of one.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import functools
import os
import resource
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

from ivr_agi.surroundings import keep_surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = (
    "contain_user_code",
    "have_own_folder",
    "is_fork_of_users",
    "is_of_users",
    "keep_from_forks",
    "may_be_closed",
)

OUR_THREADS = "ivr-agi "
"""How the names of our own threads begin."""

_REASON = "it would end this process with all its calls"
_SHARED = "all calls of this process share it; do it in a process of your own (subprocess)"
_CLONE_FS = 0x200  # <linux/sched.h>

_state = threading.local()
_pipes: set[int] = set()
_forks: list[int] = []
_exit = os._exit

_Guard = tuple[Any, str, "Callable[..., bool]", "Callable[..., Any]"]
"""A module, a function of it, when it is refused, and what is done then."""


@contextlib.contextmanager
def contain_user_code() -> Iterator[None]:
    """While the block runs, only the main thread ends this process, and no user code in that.

    In user code ``os._exit()`` and ``os.abort()`` raise SystemExit, as ``sys.exit()`` does. In
    threads, a timer that ends by a signal raises ValueError, as ``signal.signal()`` does there. A
    signal to this process, another program in its place, and a limit of the whole process
    (recursion, stacks of threads, files) raise PermissionError. Calls keep the environment that
    they find now.
    """
    pid = os.getpid()
    with contextlib.ExitStack() as stack:
        stack.enter_context(keep_surroundings())
        for module, name, is_refused, refuse in (*_guards(), *_proxies()):
            real = getattr(module, name)
            setattr(module, name, _guarded(real, pid, is_refused, refuse))
            stack.callback(setattr, module, name, real)
        yield


def _guards() -> Iterator[_Guard]:
    """What would reach all calls."""
    yield from ((os, name, _is_users, _raise_exit) for name in ("_exit", "abort"))
    yield from ((os, name, _is_users, _refuse_program) for name in ("execv", "execve"))
    yield from ((os, name, _is_to_itself, _refuse_signal) for name in ("kill", "killpg"))
    yield from ((signal, name, _is_in_thread, _refuse_signal) for name in _SIGNALS)
    yield from ((signal, name, _is_in_thread, _refuse_timer) for name in ("alarm", "setitimer"))
    limit = functools.partial(_refuse_limit, "prlimit")
    yield resource, "prlimit", _is_own_limit, limit
    yield os, "close", _is_pipe, _refuse_pipe
    yield os, "closerange", _is_users, _refuse_pipe
    for module, names in _LIMITS:
        for name in names:
            if hasattr(module, name):  # some came with Python 3.12
                yield module, name, _is_change, functools.partial(_refuse_limit, name)


_SIGNALS = ("raise_signal", "pthread_kill", "siginterrupt")
_LIMITS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (sys, ("setrecursionlimit", "setswitchinterval", "set_int_max_str_digits", "addaudithook")),
    (threading, ("stack_size", "settrace", "setprofile")),
    (threading, ("settrace_all_threads", "setprofile_all_threads")),
    (resource, ("setrlimit",)),
    (faulthandler, ("dump_traceback_later", "register", "unregister")),
)
"""What is set for the whole process, and harms calls: each has its module, and its functions."""


def _proxies() -> Iterator[_Guard]:
    """Whoever asks for the environment's proxies and is no user gets those of the beginning."""
    if urllib := sys.modules.get("urllib.request"):  # else this process has one call only
        found: dict[str, str] = urllib.getproxies()
        bypass = urllib.proxy_bypass_environment

        def is_ours(*_: Any) -> bool:
            return not _is_users()

        yield urllib, "getproxies", is_ours, lambda: dict(found)
        yield urllib, "proxy_bypass", is_ours, lambda host: bypass(host, dict(found))


@contextlib.contextmanager
def is_of_users() -> Iterator[None]:
    """Say that what this thread runs in the block is user code. A fork of it ends there."""
    pid, was_users = os.getpid(), getattr(_state, "is_users", False)
    _state.is_users = True
    try:
        yield
    finally:
        _state.is_users = was_users
        if os.getpid() != pid:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
            _exit(0)


def have_own_folder() -> None:
    """Give this thread, and those that it starts, a working folder and a umask of their own.

    They are those of the process at first. Nothing is done in the main thread, and where the system
    does not allow it.
    """
    if _is_in_thread():
        _libc().unshare(_CLONE_FS)  # os.unshare() came with Python 3.12


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def keep_from_forks(fd: int) -> None:
    """Close this fd in each process that is forked from this one."""
    _pipes.add(fd)


def may_be_closed(fd: int) -> None:
    """Take :func:`keep_from_forks` back, before the fd is closed."""
    _pipes.discard(fd)


def is_fork_of_users() -> bool:
    """Whether user code has forked this process: it has no call, and no event loop of one."""
    return bool(_forks)


def _note_forker() -> None:
    _state.forks = _is_users()  # in the child, its thread is the main thread


def _close_pipes() -> None:
    if _state.forks:
        _forks.append(os.getpid())
    while _pipes:
        with contextlib.suppress(OSError):
            os.close(_pipes.pop())


os.register_at_fork(before=_note_forker, after_in_child=_close_pipes)


def _guarded(
    real: Callable[..., Any], pid: int, is_refused: Callable[..., bool], refuse: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(real)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if os.getpid() == pid and is_refused(*args, **kwargs):  # a fork may end itself
            return refuse(*args, **kwargs)
        return real(*args, **kwargs)

    return guarded


def _is_in_thread(*_: Any, **__: Any) -> bool:
    return threading.current_thread() is not threading.main_thread()


def _is_users(*_: Any, **__: Any) -> bool:
    """Whether user code runs in this thread: as far as it is not one of ours, at any time."""
    is_ours = not _is_in_thread() or threading.current_thread().name.startswith(OUR_THREADS)
    return not is_ours or getattr(_state, "is_users", False)


def _is_change(*args: Any, **kwargs: Any) -> bool:
    return bool(args or kwargs) and _is_users()  # without, it only asks


def _is_own_limit(pid: int, number: int, *limits: Any) -> bool:
    return bool(limits) and pid in {0, os.getpid()} and _is_users()


def _is_to_itself(pid: int, number: int) -> bool:
    """Whether it is sent to this process, or to a group that it is in."""
    return bool(number) and pid in {0, -1, os.getpid(), os.getpgrp()} and _is_in_thread()


def _is_pipe(fd: int) -> bool:
    return fd in _pipes and _is_users()


def _raise_exit(code: int = 1) -> NoReturn:
    raise SystemExit(code)


def _refuse_signal(*_: Any) -> NoReturn:
    raise PermissionError(f"no signal to this process: {_REASON}")


def _refuse_program(*_: Any) -> NoReturn:
    raise PermissionError(f"no other program in this process: {_REASON}; use subprocess")


def _refuse_timer(*_: Any) -> NoReturn:
    raise ValueError(f"no timer that ends by a signal: {_REASON}")


def _refuse_pipe(*_: Any) -> NoReturn:
    raise PermissionError("close only what you have opened: calls have open files here, too")


def _refuse_limit(name: str, *_: Any, **__: Any) -> NoReturn:
    raise PermissionError(f"no {name}() here: {_SHARED}")
