"""What systemd and a service tell each other: sockets, fds that it keeps, ``sd_notify``. Shell.

Source: sd_listen_fds(3), sd_notify(3), systemd.io/FILE_DESCRIPTOR_STORE. Without systemd, all of
this does nothing.
"""

from __future__ import annotations

import array
import fcntl
import os
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("Given", "forget", "given_by_systemd", "keep", "notify", "watchdog_s")

_FIRST_FD = 3
_KEPT = "kept-"
"""Begins the names of what we have systemd keep; a socket's name is that of its unit."""
LISTENS_WITHIN_S = 10.0
"""Seconds that a busy systemd has to make room for what is said only once."""


@dataclass(frozen=True)
class Given:
    """What systemd gives a service when it starts it."""

    listener: socket.socket | None = None
    """The listening socket of ``ivr-agi.socket``; None without socket activation."""
    kept: dict[str, int] = field(default_factory=dict)
    """Fds that a server before has given it with :func:`keep`, by name."""


def given_by_systemd() -> Given:
    """Take what systemd gives this process.

    Raises:
        ConfigError: The unit has more than one socket.
    """
    pid, n_fds = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    names = os.environ.pop("LISTEN_FDNAMES", "").split(":")
    if pid != str(os.getpid()) or not n_fds.isdecimal() or n_fds == "0":
        return Given()
    listeners, kept = [], {}
    for number in range(int(n_fds)):
        name = names[number] if number < len(names) else ""
        # Away from fd 3, which means the caller's audio in a process that Asterisk starts. Whether
        # it waits is shared with the workers of the server before: socket.dup() would make them.
        given = _FIRST_FD + number
        fd = fcntl.fcntl(given, fcntl.F_DUPFD_CLOEXEC, _FIRST_FD + int(n_fds))
        os.close(given)
        if name.startswith(_KEPT):
            kept[name.removeprefix(_KEPT)] = fd
        else:
            listeners.append(fd)
    if len(listeners) > 1:
        raise ConfigError(f"one socket expected in the systemd unit, found {len(listeners)}")
    if not listeners:
        return Given(None, kept)
    os.set_blocking(listeners[0], False)
    return Given(socket.socket(fileno=listeners[0]), kept)


def keep(name: str, fd: int) -> None:
    """Have systemd keep an fd for the server after the next restart, under a name."""
    notify(f"FDSTORE=1\nFDNAME={_KEPT}{name}", [fd])


def forget(name: str) -> None:
    """Have systemd close what it keeps under a name."""
    notify(f"FDSTOREREMOVE=1\nFDNAME={_KEPT}{name}")


def notify(state: str, fds: Sequence[int] = ()) -> None:
    """Tell systemd, e.g. ``READY=1``, ``STOPPING=1``, ``WATCHDOG=1`` or ``STATUS=12 calls``.

    Args:
        state: Lines of ``NAME=value``.
        fds: Sent with it.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        # Another sign of life comes soon; the rest is said once.
        sender.settimeout(0 if state.startswith("WATCHDOG=") else LISTENS_WITHIN_S)
        try:
            sender.connect(address)  # or poll() does not wait for room in its queue
            sender.sendmsg([state.encode()], rights)
        except OSError:
            return  # it listens no more


def watchdog_s() -> float | None:
    """Return the seconds in which systemd expects a sign of life; None if it does not."""
    value, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not value.isdecimal() or pid not in ("", str(os.getpid())):
        return None
    return int(value) / 1_000_000
