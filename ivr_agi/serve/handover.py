"""The server's end of the Unix socket: takes calls over from the launcher, or refuses them.

Shell over sockets; :mod:`ivr_agi.serve.launcher` is the other end. One message comes in: a greeting
and the arguments of ``EAGI()``, separated by NUL, with the call's three fds. One goes out. The
fds are used only when our ``+`` could be sent: a launcher that no longer waits has shut that way,
and runs the call itself.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

from ivr_agi.errors import ConfigError, IvrError
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.serve.handback import last_words
from ivr_agi.serve.launcher import GREETING

__all__ = ("Handover", "HandoverError", "accept", "listen_unix", "listening_path")

MAX_MESSAGE = 16384
"""Bytes of arguments; Asterisk's own limit for an application's arguments is far below."""
BACKLOG = 4096
"""Launchers that may wait. The kernel caps it at ``net.core.somaxconn``."""
N_FDS = 3
_SEGMENT = struct.Struct("i")
_CREDENTIALS = struct.Struct("iII")


class HandoverError(IvrError):
    """What arrived on the socket is not a call."""


@dataclass
class Handover:
    """One call that is offered. Exactly one of the methods ends it."""

    connection: socket.socket
    arguments: tuple[str, ...]
    """What the dialplan has after the program's name."""
    fds: tuple[int, int, int]
    """Replies, commands, audio: the script's 0, 1 and 3."""

    def take(self) -> bool:
        """Tell the launcher that the call is ours; False if it no longer waits."""
        try:
            self.connection.send(b"+")
        except OSError:
            self.close()
            return False
        self.connection.close()
        return True

    def refuse(self, reason: str) -> None:
        """Have the launcher tell the dialplan why the call is refused."""
        refusal = FlowResult(status=Status.REFUSED, error=reason)
        with contextlib.suppress(OSError):
            self.connection.send(b"-" + last_words(refusal))
        self.close()

    def close(self) -> None:
        """Leave the call alone."""
        self.connection.close()
        for fd in self.fds:
            os.close(fd)


def accept(connection: socket.socket, owner: os.stat_result) -> Handover:
    """Read the one message of an accepted connection, without waiting.

    Args:
        connection: Closed on failure, except on BlockingIOError.
        owner: Status of the listening socket's file, for its owner and group.

    Raises:
        BlockingIOError: Nothing has arrived yet.
        HandoverError: It is not a call, or the sender is not allowed.
    """
    try:
        _check_peer(connection, owner)
        message, fds = _receive(connection)
        try:
            return Handover(connection, _read(message, fds), (fds[0], fds[1], fds[2]))
        except HandoverError:
            for fd in fds:
                os.close(fd)
            raise
    except BlockingIOError:
        raise
    except OSError as exc:
        connection.close()
        raise HandoverError(f"the connection broke: {exc.strerror}") from exc
    except HandoverError:
        connection.close()
        raise


def _receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    space = socket.CMSG_SPACE(N_FDS * _SEGMENT.size)
    # CLOEXEC: a copy in a process that a flow starts would keep Asterisk waiting.
    flags = socket.MSG_CMSG_CLOEXEC
    message, extra, status, _ = connection.recvmsg(MAX_MESSAGE, space, flags)
    fds = []
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            whole = len(data) - len(data) % _SEGMENT.size
            fds += [fd for (fd,) in _SEGMENT.iter_unpack(data[:whole])]
    if status & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        for fd in fds:
            os.close(fd)
        raise HandoverError("the message is too long, or has too many fds")
    return message, fds


def _read(message: bytes, fds: list[int]) -> tuple[str, ...]:
    greeting, *words = message.split(b"\0")
    if greeting != GREETING:
        raise HandoverError("it does not greet as our launcher does; is that of another version?")
    if len(fds) != N_FDS:
        raise HandoverError(f"{N_FDS} fds expected, {len(fds)} came")
    for fd in fds:
        mode = os.fstat(fd).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            raise HandoverError("a fd is no pipe")
    return tuple(word.decode("utf-8", "surrogateescape") for word in words)


def _check_peer(connection: socket.socket, owner: os.stat_result) -> None:
    """Let in whom the socket's mode 0660 lets in, even if somebody has widened it."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, gid = _CREDENTIALS.unpack(data)
    if uid not in (0, os.geteuid(), owner.st_uid) and gid != owner.st_gid:
        raise HandoverError(f"user {uid} is neither root nor the socket's owner {owner.st_uid}")


# Listening.


def listen_unix(path: Path) -> socket.socket:
    """Listen on a Unix socket of mode 0660, and remove what an earlier server left there.

    Raises:
        ConfigError: A server already runs there, others may write to the folder, or no socket can
            be made there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        _check_folder(path)
        _remove_left_over(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mask = os.umask(0o117)
        try:
            listener.bind(str(path))
            listener.listen(BACKLOG)
        except BaseException:
            listener.close()
            raise
        finally:
            os.umask(mask)
    except OSError as exc:
        reason = f"cannot listen: {exc.strerror or exc}"
        raise ConfigError(reason, path=str(path), key="serve.socket") from exc
    return listener


def listening_path(listener: socket.socket) -> Path:
    """Return where a listening socket is.

    Raises:
        ConfigError: It is no Unix socket that keeps messages apart (``ListenSequentialPacket=``).
    """
    name = listener.getsockname()
    if listener.family != socket.AF_UNIX or listener.type != socket.SOCK_SEQPACKET or not name:
        reason = "systemd must give a Unix socket with a path: ListenSequentialPacket=/run/..."
        raise ConfigError(reason, key="serve.socket")
    return Path(name if isinstance(name, str) else os.fsdecode(name))


def _check_folder(path: Path) -> None:
    status = path.parent.stat()
    if status.st_uid not in (0, os.geteuid()) or status.st_mode & stat.S_IWOTH:
        reason = "others could put a socket of their own into its folder"
        raise ConfigError(reason, path=str(path), key="serve.socket")


def _remove_left_over(path: Path) -> None:
    if not path.is_socket():
        return  # nothing there; or something else, which bind() refuses
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        except BlockingIOError:  # its queue is full
            raise ConfigError("a server is running there", path=str(path)) from None
        else:
            raise ConfigError("a server is running there", path=str(path))
