"""The launcher as a process of its own, as EAGI() starts it, against a server that tests play."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr_agi.flow.run.results import OUR_VARIABLES
from ivr_agi.serve import launcher
from ivr_agi.serve.install import install_launcher, launcher_text
from ivr_agi.settings import ServeSettings, Settings
from tests.patience import PATIENCE_S

PROGRAM = """#!/bin/sh
echo "ran $*" >&2
"""


class Eagi:
    """The launcher, started as Asterisk does, with our ends of its pipes."""

    def __init__(self, path: Path, *arguments: str) -> None:
        stdin, self.replies = os.pipe()
        self.commands, stdout = os.pipe()
        audio, self.audio = os.pipe()
        where = {0: stdin, 1: stdout, 3: audio}
        actions = [(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in where.items()]
        errors, writer = os.pipe()
        actions.append((os.POSIX_SPAWN_DUP2, writer, 2))
        self._errors = errors
        self.began = time.monotonic()
        self.pid = os.posix_spawn(path, [str(path), *arguments], {}, file_actions=actions)
        for fd in (stdin, stdout, audio, writer):
            os.close(fd)

    def wait(self) -> int:
        """Its exit code, once it is there."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def close(self) -> tuple[bytes, bytes]:
        """What it wrote to Asterisk and to standard error."""
        with (
            open(self.commands, "rb") as commands,
            open(self._errors, "rb") as errors,
            open(self.replies, "wb"),
            open(self.audio, "wb"),
        ):
            return commands.read(), errors.read()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket that listens where the launcher looks."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen(8)
        listener.settimeout(PATIENCE_S)
        yield listener


def installed(folder: Path, without_server: str = "call", wait_s: float = 60.0) -> Path:
    """The launcher, with a program that says how it was started."""
    program = folder / "program"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    serve = ServeSettings(
        socket="socket",
        without_server=without_server,  # type: ignore[arg-type]
        launcher_wait_s=wait_s,
    )
    settings = Settings(serve=serve, base=folder)
    return install_launcher(folder, launcher_text(settings, [str(program), "call"]))


def receive(listener: socket.socket) -> tuple[socket.socket, bytes, list[int]]:
    """Take a connection and its message."""
    connection, _ = listener.accept()
    message, fds, _, _ = socket.recv_fds(connection, 4096, 8)
    return connection, message, fds


def test_a_call_is_handed_over(tmp_path: Path, server: socket.socket) -> None:
    """The server gets the three pipes and the arguments; the launcher ends, they stay open."""
    eagi = Eagi(installed(tmp_path), "main_menu", "caf\u00e9")
    connection, message, fds = receive(server)
    with connection:
        assert message == b"ivr-agi 1\0main_menu\0caf\xc3\xa9"
        connection.send(b"+")
        assert eagi.wait() == 0
    os.write(eagi.replies, b"agi_request: x\n")
    assert os.read(fds[0], 99) == b"agi_request: x\n"
    os.write(eagi.audio, b"pcm")
    assert os.read(fds[2], 99) == b"pcm"
    os.write(fds[1], b"ANSWER\n")
    for fd in fds:
        os.close(fd)
    assert eagi.close() == (b"ANSWER\n", b"")


def test_a_call_is_refused(tmp_path: Path, server: socket.socket) -> None:
    """What the server wants the dialplan to know is written."""
    eagi = Eagi(installed(tmp_path), "main_menu")
    connection, _, fds = receive(server)
    with connection:
        connection.send(b'-SET VARIABLE IVR_STATUS "REFUSED"\n')
    for fd in fds:
        os.close(fd)
    assert eagi.wait() == 0
    assert eagi.close() == (b'SET VARIABLE IVR_STATUS "REFUSED"\n', b"")


@pytest.mark.parametrize("there", ["nothing", "a socket nobody listens on", "a file"])
def test_no_server(tmp_path: Path, there: str) -> None:
    """The call is run in this process, with the arguments of EAGI()."""
    with contextlib.ExitStack() as stack:
        if there == "a file":
            (tmp_path / "socket").touch()
        elif there != "nothing":
            dead = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
            dead.bind(str(tmp_path / "socket"))
        eagi = Eagi(installed(tmp_path), "main_menu")
        assert eagi.wait() == 0
    assert eagi.close() == (b"", b"ran call main_menu\n")


def test_no_server_and_no_call(tmp_path: Path) -> None:
    """The dialplan is told at once."""
    eagi = Eagi(installed(tmp_path, "refuse"), "main_menu")
    assert eagi.wait() == 0
    commands, errors = eagi.close()
    told = {"IVR_STATUS": "REFUSED", "IVR_ERROR": "no server answers"}
    assert {line.decode() for line in commands.splitlines()} == {
        f'SET VARIABLE {name} "{told.get(name, "")}"' for name in OUR_VARIABLES
    }
    assert errors == b""


def test_a_server_that_does_not_answer(tmp_path: Path, server: socket.socket) -> None:
    """Some seconds later the call is run here, and an answer that comes too late fails."""
    eagi = Eagi(installed(tmp_path, wait_s=0.2), "main_menu")
    connection, _, fds = receive(server)
    with connection:
        assert eagi.wait() == 0
        waited_s = time.monotonic() - eagi.began
        with pytest.raises(BrokenPipeError):
            connection.send(b"+")
    for fd in fds:
        os.close(fd)
    assert eagi.close() == (b"", b"ran call main_menu\n")
    assert waited_s >= 0.2


def test_a_busy_server(tmp_path: Path, server: socket.socket) -> None:
    """It listens, so it is waited for: the call is not run by another process as well."""
    assert ServeSettings().launcher_wait_s == launcher.WAIT_S
    eagi = Eagi(installed(tmp_path), "main_menu")
    time.sleep(0.5)
    connection, _, fds = receive(server)
    with connection:
        connection.send(b"+")
        assert eagi.wait() == 0
    for fd in fds:
        os.close(fd)
    assert eagi.close() == (b"", b"")


def test_an_answer_at_the_last_moment() -> None:
    """What the launcher relies on: sent before it gave up, it is heard; after, it fails."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        there.send(b"+")
        here.shutdown(socket.SHUT_RD)
        with pytest.raises(BrokenPipeError):
            there.send(b"+")
        assert here.recv(9) == b"+"
        assert here.recv(9) == b""


def test_it_loads_next_to_nothing(tmp_path: Path) -> None:
    """What a bare Python has anyway, and _socket: each module more is a millisecond a call."""
    load = "exec(open(sys.argv[1]).read(), {'__name__': 'launcher'})"
    python = getattr(sys, "_base_executable", sys.executable)
    path = str(installed(tmp_path))
    before, loaded = (
        subprocess.run(
            [python, "-IS", "-c", f"import sys; {code}; print(*sorted(sys.modules))", path],
            capture_output=True,
            check=True,
        ).stdout.split()
        for code in ("open(sys.argv[1]).read()", load)
    )
    assert set(loaded) - set(before) == {b"_socket"}


def test_how_long_it_takes(tmp_path: Path, server: socket.socket) -> None:
    """Printed, not asserted: it depends on the machine."""
    path, n = installed(tmp_path), 20
    before, times = resource.getrusage(resource.RUSAGE_CHILDREN), []
    for _ in range(n):
        eagi = Eagi(path, "main_menu")
        connection, _, fds = receive(server)
        with connection:
            connection.send(b"+")
            eagi.wait()
        times.append(time.monotonic() - eagi.began)
        for fd in fds:
            os.close(fd)
        eagi.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall_ms = sorted(times)[n // 2] * 1000
    sys.stdout.write(f"launcher: {cpu_s / n * 1000:.1f} ms CPU, {wall_ms:.1f} ms in all\n")


@pytest.mark.parametrize(
    ("answer", "without_server", "expected"),
    [
        (b"+", "call", []),
        (b"-SET VARIABLE A b\n", "call", [(1, b"SET VARIABLE A b\n")]),
        (b"", "refuse", [(1, launcher.REFUSED)]),
        (b"", "call", [("/ivr-agi", ["/ivr-agi", "call", "menu"])]),
    ],
)
def test_what_follows_an_answer(
    answer: bytes, without_server: str, expected: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing, the server's words, a refusal, or a process of its own; each alone."""
    done: list[object] = []
    monkeypatch.setattr(launcher, "ask_server", lambda _: answer)
    monkeypatch.setattr(launcher, "WITHOUT_SERVER", without_server)
    monkeypatch.setattr(launcher, "PROGRAM", ("/ivr-agi", "call"))
    monkeypatch.setattr("posix.write", lambda *args: done.append(args))
    monkeypatch.setattr("posix.execv", lambda *args: done.append(args))
    monkeypatch.setattr(sys, "argv", ["launcher", "menu"])
    launcher.main()
    assert done == expected


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty answer, at once."""
    monkeypatch.setattr(launcher, "SOCKET", str(tmp_path / "socket"))
    assert launcher.ask_server(["menu"]) == b""
