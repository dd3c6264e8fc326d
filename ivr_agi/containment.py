"""Keeps the process alive that users' code runs in, and its forks away from calls. Shell.

What ends a process would take the calls of others along: ``os._exit()``, ``os.abort()``, a signal
to the process itself, a timer whose signal nobody takes. Here they end the code that asks for them.
A process that user code forks ends where that code does, and has no pipe of a call: Asterisk waits
for the last copy of one.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("contain_user_code", "is_of_users", "keep_from_forks", "may_be_closed")

_REASON = "it would end this process with all its calls"

_state = threading.local()
_pipes: set[int] = set()
_exit = os._exit


@contextlib.contextmanager
def contain_user_code() -> Iterator[None]:
    """While the block runs, only the main thread ends this process, and no user code in that.

    In user code ``os._exit()`` raises SystemExit, as ``sys.exit()`` does. In threads, a signal to
    this process raises PermissionError, and a timer that ends by a signal raises ValueError, as
    ``signal.signal()`` does there.
    """
    pid = os.getpid()
    guards: tuple[tuple[Any, str, Callable[..., bool], Callable[..., NoReturn]], ...] = (
        (os, "_exit", _is_users, _raise_exit),
        (os, "abort", _is_users, _raise_exit),
        (os, "kill", _is_to_itself, _refuse_signal),
        (os, "killpg", _is_to_itself, _refuse_signal),
        (signal, "raise_signal", _is_in_thread, _refuse_signal),
        (signal, "pthread_kill", _is_in_thread, _refuse_signal),
        (signal, "alarm", _is_in_thread, _refuse_timer),
        (signal, "setitimer", _is_in_thread, _refuse_timer),
    )
    real = [getattr(module, name) for module, name, *_ in guards]
    for module, name, is_refused, refuse in guards:
        setattr(module, name, _guarded(getattr(module, name), pid, is_refused, refuse))
    try:
        yield
    finally:
        for (module, name, *_), function in zip(guards, real, strict=True):
            setattr(module, name, function)


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


def keep_from_forks(fd: int) -> None:
    """Close this fd in each process that is forked from this one."""
    _pipes.add(fd)


def may_be_closed(fd: int) -> None:
    """Take :func:`keep_from_forks` back, before the fd is closed."""
    _pipes.discard(fd)


def _close_pipes() -> None:
    while _pipes:
        with contextlib.suppress(OSError):
            os.close(_pipes.pop())


os.register_at_fork(after_in_child=_close_pipes)


def _guarded(
    real: Callable[..., Any],
    pid: int,
    is_refused: Callable[..., bool],
    refuse: Callable[..., NoReturn],
) -> Callable[..., Any]:
    @functools.wraps(real)
    def guarded(*args: Any) -> Any:
        if os.getpid() == pid and is_refused(*args):  # a fork may end itself
            refuse(*args)
        return real(*args)

    return guarded


def _is_in_thread(*_: Any) -> bool:
    return threading.current_thread() is not threading.main_thread()


def _is_users(*_: Any) -> bool:
    return _is_in_thread() or getattr(_state, "is_users", False)


def _is_to_itself(pid: int, number: int) -> bool:
    """Whether it is sent to this process, or to a group that it is in."""
    return bool(number) and pid in {0, -1, os.getpid(), os.getpgrp()} and _is_in_thread()


def _raise_exit(code: int = 1) -> NoReturn:
    raise SystemExit(code)


def _refuse_signal(*_: Any) -> NoReturn:
    raise PermissionError(f"no signal to this process: {_REASON}")


def _refuse_timer(*_: Any) -> NoReturn:
    raise ValueError(f"no timer that ends by a signal: {_REASON}")
