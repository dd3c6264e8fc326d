"""What systemd does for a service, by a service that shows what it got."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.service_manager import ServiceFailed, service_manager

SERVICE = """
import json, os, signal, socket, sys, time
if "--check" in sys.argv:
    sys.exit(int(open("check").read()))
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGTERM})
def say(text, fds=()):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        address = "\\0" + os.environ["NOTIFY_SOCKET"][1:]
        sender.connect(address)
        socket.send_fds(sender, [text.encode()], fds)
names = os.environ["LISTEN_FDNAMES"].split(":")
given = dict(zip(names, range(3, 3 + int(os.environ["LISTEN_FDS"]))))
told = {"mine": os.environ["LISTEN_PID"] == str(os.getpid()), "names": names,
        "blocks": os.get_blocking(3), "kept": [os.pread(fd, 9, 0).decode()
                                               for fd in list(given.values())[1:]]}
with open("told", "a") as file:
    print(json.dumps(told), file=file)
if len(names) == 1:
    fd = os.memfd_create("kept")
    os.write(fd, b"board")
    say("FDSTORE=1\\nFDNAME=board", [fd])
    say("FDSTORE=1\\nFDNAME=other", [fd])
    say("FDSTOREREMOVE=1\\nFDNAME=other")
say("READY=1\\nSTATUS=0 calls")
while signal.sigwait({signal.SIGHUP, signal.SIGTERM}) == signal.SIGHUP:
    say("RELOADING=1")
    say("READY=1\\nSTATUS=reloaded")
"""


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of the socket unit."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(tmp_path / "socket"))
        yield listener


def command(folder: Path, code: str = SERVICE) -> list[str]:
    """The service."""
    (folder / "service.py").write_text(f"import os\nos.chdir({str(folder)!r})\n{code}")
    return [sys.executable, str(folder / "service.py")]


async def test_a_service(tmp_path: Path, listener: socket.socket) -> None:
    """It gets socket and fds, is reloaded, and is started again when it has ended."""
    check = tmp_path / "check"
    check.write_text("0")
    async with service_manager(command(tmp_path), listener, {"X": "y"}) as manager:
        first = manager.pid
        await manager.reload()
        assert (manager.pid, manager.status) == (first, "reloaded")
        check.write_text("3")
        with pytest.raises(ServiceFailed, match="serve --check ended with 3"):
            await manager.reload()
        await manager.restart()
        assert manager.pid != first
        assert [name for name, _ in manager.kept] == ["board"]
        last = manager.pid
    told = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    assert told == [
        {"mine": True, "names": ["ivr-agi.socket"], "blocks": False, "kept": []},
        {"mine": True, "names": ["ivr-agi.socket", "board"], "blocks": False, "kept": ["board"]},
    ]
    with pytest.raises(ProcessLookupError):
        os.killpg(last, 0)


async def test_a_service_that_ends(tmp_path: Path, listener: socket.socket) -> None:
    """It is said with its exit code."""
    with pytest.raises(ServiceFailed, match="start of the service: it ended with 4"):
        async with service_manager(command(tmp_path, "raise SystemExit(4)"), listener):
            pass
