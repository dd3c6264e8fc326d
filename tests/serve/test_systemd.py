"""Socket activation and notifications, as systemd does them."""

from __future__ import annotations

import configparser
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr_agi.serve import systemd
from ivr_agi.serve.supervisor import CHECK_INTERVAL_S, KILL_S
from ivr_agi.serve.systemd import Given, forget, given_by_systemd, keep, notify, watchdog_s
from ivr_agi.settings import ServeSettings
from tests.patience import PATIENCE_S

ACTIVATED = """
import os, sys
for number in range(int(sys.argv[2])):
    os.dup2(int(sys.argv[1]), 3 + number, inheritable=True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = sys.argv[2]
from ivr_agi.errors import ConfigError
from ivr_agi.serve.systemd import given_by_systemd
try:
    listener = given_by_systemd().listener
except ConfigError as exc:
    sys.exit(str(exc))
print(listener.getsockname(), listener.fileno() > 3, os.environ.get("LISTEN_FDS"))
"""


def activated(listener: socket.socket, n_fds: int) -> subprocess.CompletedProcess[str]:
    """A process that systemd starts."""
    fd = listener.fileno()
    return subprocess.run(
        [sys.executable, "-c", ACTIVATED, str(fd), str(n_fds)],
        pass_fds=[fd],
        capture_output=True,
        text=True,
        check=False,
    )


def test_socket_activation(tmp_path: Path) -> None:
    """The socket is taken over, and the variables that tell of it are gone."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        assert activated(listener, 1).stdout.split() == [path, "True", "None"]
        assert "one socket expected" in activated(listener, 2).stderr


def test_activated_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same in this process, with another fd for the first."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        monkeypatch.setattr(systemd, "_FIRST_FD", os.dup(listener.fileno()))
        monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
        monkeypatch.setenv("LISTEN_FDS", "1")
        with given_by_systemd().listener or listener as taken:
            assert (taken.getsockname(), taken is listener) == (path, False)
            # Workers of the server before have the same flag, and must not begin to wait.
            assert not os.get_blocking(listener.fileno())


def test_what_is_kept_comes_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An fd that a server gives away is the next one's, under the name that it had."""
    first = 700  # with room for three
    monkeypatch.setattr(systemd, "_FIRST_FD", first)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(tmp_path / "notify"))
        other.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with (tmp_path / "kept").open("wb") as file:
            keep("board-2", file.fileno())
        said, (fd,), _, _ = socket.recv_fds(other, 99, 9)
        assert said == b"FDSTORE=1\nFDNAME=kept-board-2"
        forget("board-1")
        assert other.recv(99) == b"FDSTOREREMOVE=1\nFDNAME=kept-board-1"
    os.dup2(fd, first)
    os.close(fd)
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_FDNAMES", "kept-board-2")
    given = given_by_systemd()
    assert given.listener is None
    assert os.path.samestat(os.fstat(given.kept["board-2"]), (tmp_path / "kept").stat())
    os.close(given.kept["board-2"])
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(first)


@pytest.mark.parametrize("pid", ["", "1"])
def test_not_activated(monkeypatch: pytest.MonkeyPatch, pid: str) -> None:
    """Variables that are for another process are not ours."""
    monkeypatch.setenv("LISTEN_PID", pid)
    monkeypatch.setenv("LISTEN_FDS", "1")
    assert given_by_systemd() == Given()


@pytest.mark.parametrize("is_abstract", [False, True])
def test_notify(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_abstract: bool) -> None:
    """Both kinds of address."""
    name = f"ivr-agi-test-{os.getpid()}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind("\0" + name if is_abstract else name)
        other.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name if is_abstract else name)
        notify("READY=1")
        assert other.recv(99) == b"READY=1"


def test_a_busy_systemd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Signs of life may be lost in its full queue; that the server is ready is not."""
    monkeypatch.setattr("ivr_agi.serve.systemd.LISTENS_WITHIN_S", float(PATIENCE_S))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(PATIENCE_S)
        n_sent = 10_000  # more than any queue holds
        for _ in range(n_sent):
            notify("WATCHDOG=1")
        with ThreadPoolExecutor(1) as other:
            ready = other.submit(notify, "READY=1")
            heard: list[bytes] = []
            while heard[-1:] != [b"READY=1"]:
                heard.append(listener.recv(99))
            ready.result()
    assert 0 < heard.count(b"WATCHDOG=1") < n_sent


def test_nobody_to_notify(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """That is no failure."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify("READY=1")


def test_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where it is asked of this process."""
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    assert watchdog_s() is None
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert watchdog_s() is None
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert watchdog_s() == 30.0


def test_the_units_fit_the_settings() -> None:
    """The launcher finds the socket, and systemd waits for the drain's end."""
    units = Path(__file__).parents[2] / "config" / "systemd"
    service = configparser.ConfigParser(strict=False, interpolation=None)
    service.read(units / "ivr-agi.service")
    given = configparser.ConfigParser(interpolation=None)
    given.read(units / "ivr-agi.socket")
    settings = ServeSettings()
    assert given["Socket"]["ListenSequentialPacket"] == settings.socket
    assert given["Socket"]["SocketMode"] == "0660"
    stop_s = float(service["Service"]["TimeoutStopSec"])
    assert stop_s > settings.drain_s + KILL_S
    assert float(service["Service"]["WatchdogSec"]) > 2 * CHECK_INTERVAL_S
