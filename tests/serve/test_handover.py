"""The server's end of the Unix socket, against launchers that are right, wrong and hostile."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.flow.run.results import OUR_VARIABLES
from ivr_agi.serve.handover import (
    MAX_MESSAGE,
    Handover,
    HandoverError,
    accept,
    listen_unix,
    listening_path,
)
from tests.patience import PATIENCE_S

CALL = b"ivr-agi 1\0main_menu"


class Launcher:
    """One connection and the pipes of one call, of which it keeps its own copies."""

    def __init__(self) -> None:
        self.socket, self.server = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.server.setblocking(False)
        self.pipes = [os.pipe() for _ in range(3)]
        self.fds = [self.pipes[0][0], self.pipes[1][1], self.pipes[2][0]]

    def send(self, message: bytes = CALL, fds: list[int] | None = None) -> None:
        """Offer the call."""
        socket.send_fds(self.socket, [message], self.fds if fds is None else fds)

    def accept(self) -> Handover:
        """What the server makes of it."""
        return accept(self.server, os.stat("/"))

    def close(self) -> None:
        """Give everything back."""
        self.socket.close()
        self.server.close()
        for fd in {fd for pipe in self.pipes for fd in pipe}:
            os.close(fd)


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    """A launcher with a call."""
    launcher = Launcher()
    yield launcher
    launcher.close()


def test_a_call_is_taken(launcher: Launcher) -> None:
    """Arguments and fds come over; no process that is started inherits them."""
    launcher.send(CALL + b"\0caf\xc3\xa9\xff")
    handover = launcher.accept()
    assert handover.arguments == ("main_menu", "caf\u00e9\udcff")
    assert handover.take()
    assert launcher.socket.recv(9) == b"+"
    assert [os.fstat(fd).st_ino for fd in handover.fds] == [
        os.fstat(fd).st_ino for fd in launcher.fds
    ]
    assert not any(os.get_inheritable(fd) for fd in handover.fds)
    for fd in handover.fds:
        os.close(fd)


def test_a_call_is_refused(launcher: Launcher) -> None:
    """The launcher gets what it writes to Asterisk; the fds are closed."""
    launcher.send()
    launcher.accept().refuse('full "up"')
    answer = launcher.socket.recv(4096)
    assert answer.startswith(b'-SET VARIABLE "IVR_STATUS" "REFUSED"\n')
    assert answer.endswith(b'SET VARIABLE "IVR_ERROR" "full \\"up\\""\n')
    empty = {line for line in answer[1:].splitlines() if line.endswith(b' ""')}
    assert len(empty) == len(OUR_VARIABLES) - 2  # nothing is left of a call before


def test_a_launcher_that_no_longer_waits(launcher: Launcher) -> None:
    """Its call is left alone, whichever way it went."""
    launcher.send()
    handover = launcher.accept()
    launcher.socket.shutdown(socket.SHUT_RD)
    assert not handover.take()
    assert handover.connection.fileno() < 0


def test_a_launcher_that_has_died(launcher: Launcher) -> None:
    """Refusing is no failure of the server."""
    launcher.send()
    launcher.socket.close()
    launcher.accept().refuse("too late")


def test_nothing_has_come(launcher: Launcher) -> None:
    """The connection stays open."""
    with pytest.raises(BlockingIOError):
        launcher.accept()
    launcher.send()
    launcher.accept().close()


@pytest.mark.parametrize(
    ("message", "n_fds", "error"),
    [
        (b"GET / HTTP/1.1\r\n", 3, "does not greet"),
        (b"ivr-agi 2\0x", 3, "does not greet"),
        (b"\0", 0, "does not greet"),
        (CALL, 0, "3 fds expected, 0 came"),
        (CALL, 2, "3 fds expected, 2 came"),
        (CALL, 5, "too many fds"),
        (CALL + bytes(MAX_MESSAGE), 3, "too long"),
    ],
)
def test_garbage(launcher: Launcher, message: bytes, n_fds: int, error: str) -> None:
    """It is said what is wrong, and nothing of it stays open."""
    before = len(os.listdir("/proc/self/fd"))
    launcher.send(message, (launcher.fds * 2)[:n_fds])
    with pytest.raises(HandoverError, match=error):
        launcher.accept()
    assert launcher.server.fileno() < 0
    assert len(os.listdir("/proc/self/fd")) == before - 1


def test_files_are_no_pipes(launcher: Launcher, tmp_path: Path) -> None:
    """They cannot be waited for."""
    with (tmp_path / "file").open("w") as file:
        launcher.send(fds=[*launcher.fds[:2], file.fileno()])
        with pytest.raises(HandoverError, match="no pipe"):
            launcher.accept()


def test_it_hangs_up_at_once(launcher: Launcher) -> None:
    """An end without a message is no call."""
    launcher.socket.close()
    with pytest.raises(HandoverError):
        launcher.accept()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user(tmp_path: Path) -> None:
    """Who may not open the socket is refused, even if somebody widened its mode."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.name.startswith(("pytest-", "popen-")):
            parent.chmod(0o755)
    path = tmp_path / "socket"
    code = f"""
import os, socket
os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout({PATIENCE_S})
s.connect({str(path)!r})
s.recv(1)
"""
    with listen_unix(path) as listener:
        refused = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert "PermissionError" in refused.stderr
        path.chmod(0o666)
        with subprocess.Popen([sys.executable, "-c", code]) as process:
            listener.settimeout(PATIENCE_S)
            connection, _ = listener.accept()
            with pytest.raises(HandoverError, match="user 65534 is neither root nor"):
                accept(connection, path.stat())
            process.wait(PATIENCE_S)


# Listening.


def test_the_socket_is_for_owner_and_group(tmp_path: Path) -> None:
    """Mode 0660, in a folder that is made."""
    with listen_unix(tmp_path / "run" / "socket") as listener:
        path = listening_path(listener)
        assert path == tmp_path / "run" / "socket"
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750


def test_what_is_left_over_is_replaced(tmp_path: Path) -> None:
    """A socket that nobody listens on; a running server's is not."""
    path = tmp_path / "socket"
    listen_unix(path).close()
    with listen_unix(path), pytest.raises(ConfigError, match="a server is running there"):
        listen_unix(path)


def test_places_that_cannot_be(tmp_path: Path) -> None:
    """A file, a name that is too long, a folder where anybody may write."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="serve.socket: cannot listen: Address already in use"):
        listen_unix(tmp_path / "file")
    with pytest.raises(ConfigError, match="cannot listen: AF_UNIX path too long"):
        listen_unix(tmp_path / ("x" * 120))
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(ConfigError, match="others could put a socket of their own"):
        listen_unix(tmp_path / "open" / "socket")


def test_what_systemd_gives_may_be_no_use() -> None:
    """It may be told to give another kind."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        with (
            socket.socket(socket.AF_UNIX, kind) as wrong,
            pytest.raises(ConfigError, match="ListenSequentialPacket="),
        ):
            listening_path(wrong)
