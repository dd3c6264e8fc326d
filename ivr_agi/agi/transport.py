"""Carries the bytes between the channel and Asterisk: two pipes, or what a test provides.

Layer: shell, used by :mod:`ivr_agi.agi.channel`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Protocol

from ivr_agi.containment import keep_from_forks, may_be_closed
from ivr_agi.errors import ChannelLost

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("AgiTransport", "Pipes", "release_fd")

_READ_BYTES = 65536


class AgiTransport(Protocol):
    """Carries bytes both ways."""

    def listen(self, on_data: Callable[[bytes], None]) -> None:
        """From now on pass what Asterisk writes to ``on_data``, split anywhere; ``b""`` at the end.

        Raises:
            ChannelLost: It cannot be read.
        """
        ...

    def write(self, data: bytes) -> None:
        """Write lines; they are written when this returns.

        Raises:
            OSError: Asterisk has left.
        """
        ...

    def close(self) -> None:
        """Close it; nothing is passed on any more."""
        ...


class Pipes:
    """Two fds, pipes or sockets (epoll does not accept regular files).

    Args:
        stdin_fd: Read from; closed by :meth:`close`.
        stdout_fd: Written to; closed by :meth:`close`.
    """

    def __init__(self, stdin_fd: int, stdout_fd: int) -> None:
        self._stdin_fd = stdin_fd
        self._stdout_fd = stdout_fd
        self._loop = asyncio.get_running_loop()
        for fd in (stdin_fd, stdout_fd):
            keep_from_forks(fd)

    def listen(self, on_data: Callable[[bytes], None]) -> None:
        """Read with the event loop."""
        try:
            os.set_blocking(self._stdin_fd, False)
            os.set_blocking(self._stdout_fd, False)
            self._loop.add_reader(self._stdin_fd, self._on_readable, on_data)
        except OSError as exc:  # EBADF, or EPERM from epoll for files
            raise ChannelLost("it was being opened (it must be a pipe or a socket)") from exc

    def write(self, data: bytes) -> None:
        """Write a line, or several at the end.

        A line is shorter than PIPE_BUF, so it is written whole or not at all.
        """
        os.write(self._stdout_fd, data)

    def close(self) -> None:
        """Close both fds."""
        self._loop.remove_reader(self._stdin_fd)
        for fd in (self._stdin_fd, self._stdout_fd):
            release_fd(fd)

    def _on_readable(self, on_data: Callable[[bytes], None]) -> None:
        try:
            data = os.read(self._stdin_fd, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._stdin_fd)
        on_data(data)


def release_fd(fd: int) -> None:
    """Close a fd of the call; replace 0, 1 and 2 by ``/dev/null``.

    The next file or socket to be opened would get the number of a closed standard fd, and a stray
    print would end up in it. Asterisk continues the dialplan when the pipes are closed.
    """
    may_be_closed(fd)
    with contextlib.suppress(OSError):
        if fd > 2:
            os.close(fd)
        else:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, fd)
            os.close(null)
