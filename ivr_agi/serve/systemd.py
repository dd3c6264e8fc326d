"""What systemd and a service tell each other: sockets it listens on, and ``sd_notify``. Shell.

Source: sd_listen_fds(3), sd_notify(3). Without systemd, all of this does nothing.
"""

from __future__ import annotations

import fcntl
import os
import socket

from ivr_agi.errors import ConfigError

__all__ = ("listener_from_systemd", "notify", "watchdog_s")

_FIRST_FD = 3


def listener_from_systemd() -> socket.socket | None:
    """Return the listening socket of ``ivr-agi.socket``; None without socket activation.

    Raises:
        ConfigError: The unit has more than one socket.
    """
    pid, n_fds = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    if pid != str(os.getpid()) or not n_fds.isdecimal() or n_fds == "0":
        return None
    if n_fds != "1":
        raise ConfigError(f"one socket expected in the systemd unit, found {n_fds}")
    # Away from fd 3, which means the caller's audio in a process that Asterisk starts. Whether it
    # waits is shared with the workers of the server before: socket.dup() would make them wait.
    fd = fcntl.fcntl(_FIRST_FD, fcntl.F_DUPFD_CLOEXEC, _FIRST_FD + 1)
    os.close(_FIRST_FD)
    os.set_blocking(fd, False)
    return socket.socket(fileno=fd)


def notify(state: str) -> None:
    """Tell systemd, e.g. ``READY=1``, ``STOPPING=1``, ``WATCHDOG=1`` or ``STATUS=12 calls``."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        try:
            sender.sendto(state.encode(), address)
        except OSError:
            return  # it listens no more, or is busy: the next one will do


def watchdog_s() -> float | None:
    """Return the seconds in which systemd expects a sign of life; None if it does not."""
    value, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not value.isdecimal() or pid not in ("", str(os.getpid())):
        return None
    return int(value) / 1_000_000
