"""The server as processes: calls by the launcher, over real pipes; death and stopping."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr_agi.cli import main
from ivr_agi.cli import serve as serve_command
from ivr_agi.journal import read_events
from ivr_agi.serve import liveness, supervisor
from ivr_agi.serve.board import Board, ServerLimits
from ivr_agi.serve.supervisor import Supervisor
from ivr_agi.serve.worker import run_worker
from ivr_agi.simulator.call import SimulatedCall
from ivr_agi.simulator.caller import CallerPause, EndCall, Moment, WaitForPrompt
from ivr_agi.simulator.events import CallEventKind
from tests.patience import PATIENCE_S, stall_meter
from tests.serve.running import Server, running_server, write_installation


def took_s(begin: float, end: float) -> float:
    """Seconds between two times, without those in which the machine stood still."""
    return end - begin - stall_meter().within(begin, end)


def ended_at(call: SimulatedCall) -> float:
    """When the dialplan goes on, monotonic seconds."""
    return next(e.at for e in call.events if e.kind is CallEventKind.SCRIPT_ENDED)


def status(call: SimulatedCall) -> tuple[str | None, str | None]:
    """What the dialplan finds."""
    return call.variables.get("IVR_STATUS"), call.variables.get("IVR_ERROR") or None


async def test_a_call(tmp_path: Path) -> None:
    """Launcher, server, dialplan; the launcher's process ends well, and long before the call."""
    async with running_server(tmp_path, {"workers": 2}) as server:
        calls = await asyncio.gather(*(server.call("now") for _ in range(6)))
        assert [status(call) for call in calls] == [("COMPLETED", None)] * 6
        assert {call.exit_code for call in calls} == {0}
        assert calls[0].variables["IVR_RESULT"] == "now"
        assert {call.agi_status.value for call in calls} == {"SUCCESS"}


async def test_a_hang_up(tmp_path: Path) -> None:
    """It is seen without SIGHUP, which goes to a launcher that is no more."""
    async with running_server(tmp_path) as server:
        call = await server.call("long", WaitForPrompt(Moment.PROMPT_START), EndCall())
        assert status(call) == ("HANGUP", None)
        hung_up_at = next(e.at for e in call.events if e.kind is CallEventKind.HUNG_UP)
        assert took_s(hung_up_at, ended_at(call)) < 3


async def test_wrong_calls(tmp_path: Path) -> None:
    """A flow that is not there is that call's failure only."""
    async with running_server(tmp_path) as server:
        assert status(await server.call("nowhere"))[0] == "FAILED"
        assert status(await server.call("--config")) == (
            "FAILED",
            "EAGI() takes the name of a flow here, or --script and a file",
        )
        assert status(await server.call("now")) == ("COMPLETED", None)


def n_pipes(pid: int) -> int:
    """Pipes that a process holds: three for each call."""
    fds = Path(f"/proc/{pid}/fd").iterdir()
    return sum(os.readlink(fd).startswith("pipe:") for fd in fds)


async def test_a_worker_is_killed(tmp_path: Path) -> None:
    """Its callers' dialplans go on within a second, other workers' calls go on, it is replaced."""
    async with (
        running_server(tmp_path, {"workers": 2}) as server,
        contextlib.AsyncExitStack() as stack,
    ):
        await server.wait_for_workers(lambda now: len(now) == 2)
        killed, spared = server.workers
        idle = n_pipes(killed)
        calls = []
        while min(n_pipes(killed), n_pipes(spared)) == idle:  # whoever is quicker takes a call
            calls.append(await stack.enter_async_context(server.calling("long")))
            assert len(calls) < 20
        n_lost = (n_pipes(killed) - idle) // 3
        killed_at = time.monotonic()
        os.kill(killed, signal.SIGKILL)
        left = set(calls)
        while len(calls) - len(left) < n_lost:
            _, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        done = set(calls) - left
        assert max(took_s(killed_at, ended_at(call.result())) for call in done) < 1
        assert [status(call.result()) for call in done] == [(None, None)] * n_lost
        await server.wait_for_workers(lambda now: len(now) == 2 and killed not in now)
        assert status(await server.call("now")) == ("COMPLETED", None)
        assert not any(call.done() for call in left)


async def test_a_stall_of_two_seconds(tmp_path: Path) -> None:
    """No frame of the caller is lost, and the journal tells of it."""
    async with running_server(tmp_path) as server:
        async with server.calling("long", CallerPause(3), EndCall()) as running:
            worker = server.workers[0]
            os.kill(worker, signal.SIGSTOP)
            await asyncio.sleep(2)
            os.kill(worker, signal.SIGCONT)
            call = await running
        assert status(call) == ("HANGUP", None)
        assert call.frames_dropped == 0
        server.signal(signal.SIGTERM)
        assert await server.ended() == 0
    events = await asyncio.to_thread(lambda: list(read_events(tmp_path / "journal.jsonl")))
    assert max(e.data["ms"] for e in events if e.event == "stalled") > 1500
    (audio,) = [e.data for e in events if e.event == "audio"]
    assert audio["received"] > 140


async def test_it_is_stopped_with_a_call_running(tmp_path: Path) -> None:
    """The call ends as it would; new ones are refused meanwhile; then the socket is gone."""
    async with running_server(tmp_path) as server, server.calling("long") as running:
        server.signal(signal.SIGTERM)
        await refused(server)
        assert status(await server.call("now")) == ("REFUSED", "the server is being stopped")
        assert not running.done()
        server.signal(signal.SIGTERM)  # in a hurry now
        assert status(await running) == ("FAILED", "the server was stopped")
        assert await server.ended() == 0
        assert not (tmp_path / "run/socket").exists()


async def test_the_drain_has_an_end(tmp_path: Path) -> None:
    """What still runs then is handed back, with a status."""
    async with running_server(tmp_path, {"drain_s": 0.3}) as server:
        async with server.calling("long") as running:
            signalled_at = server.signal(signal.SIGTERM)
            call = await running
            assert status(call) == ("FAILED", "the server was stopped")
            assert ended_at(call) - signalled_at > 0.3
            assert took_s(signalled_at, ended_at(call)) < 3
        assert await server.ended() == 0


async def test_reload(tmp_path: Path) -> None:
    """SIGHUP: new calls have the new settings; wrong ones change nothing."""
    async with running_server(tmp_path) as server:
        assert status(await server.call("now"))[0] == "COMPLETED"
        config = write_installation(tmp_path, {"max_calls": "many"})
        server.signal(signal.SIGHUP)
        await asyncio.sleep(0.2)
        assert status(await server.call("now"))[0] == "COMPLETED"
        write_installation(tmp_path, {"max_new_calls": 0.001})
        config.touch()
        server.signal(signal.SIGHUP)
        error = await refused(server)
        assert error == "more than 0.001 new calls a second (serve.max_new_calls)"


async def test_signals_at_once(tmp_path: Path) -> None:
    """Whoever knows that it listens may signal it: no signal kills it or gets lost."""
    async with running_server(tmp_path) as server:
        server.signal(signal.SIGHUP)
        server.signal(signal.SIGUSR1)
        assert status(await server.call("now")) == ("COMPLETED", None)
        server.signal(signal.SIGTERM)
        assert await server.ended() == 0


async def test_its_parent_is_killed(tmp_path: Path) -> None:
    """Workers without one take no calls any more, and end."""
    async with running_server(tmp_path) as server:
        await server.wait_for_workers(lambda now: len(now) == 1)
        worker = server.workers[0]
        with killed_at_last(worker):
            server.process.kill()
            await server.ended()
            await server.wait_for_workers(lambda _: not is_alive(worker))


def test_its_parent_is_killed_before_it_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was only forked by then ends, too: it knows whose child it was."""
    config = write_installation(tmp_path)
    told_read, told_write = os.pipe()
    go_read, go_write = os.pipe()

    def held(*args: Any, **options: Any) -> int:
        os.close(go_write)
        os.write(told_write, b"%d" % os.getpid())
        os.read(go_read, 1)  # ends with the test, too
        return run_worker(*args, **options)

    monkeypatch.setattr(serve_command, "run_worker", held)
    parent = os.fork()
    if parent == 0:
        os._exit(main(["serve", "--config", str(config)]))
    os.close(told_write)
    try:
        worker = int(os.read(told_read, 99))
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        with killed_at_last(worker):
            os.write(go_write, b"!")
            wait_until(lambda: not is_alive(worker))
    finally:
        for fd in (told_read, go_read, go_write):
            os.close(fd)


async def test_started_by_systemd(tmp_path: Path) -> None:
    """On the socket that it is given, which stays; it says how it is."""
    path = tmp_path / "given"
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd,
    ):
        listener.bind(str(path))
        listener.listen(8)
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        said: list[bytes] = []
        loop = asyncio.get_running_loop()
        loop.add_reader(systemd, lambda: said.append(systemd.recv(99)))
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        serve = {"socket": "given", "drain_s": 0}
        async with running_server(
            tmp_path, serve, activated=listener, environment=environment
        ) as server:
            assert status(await server.call("now")) == ("COMPLETED", None)
            n_before = len(said)
            await heard(said, lambda line: line.startswith(b"WATCHDOG=1\nSTATUS=0 calls"), n_before)
            server.signal(signal.SIGTERM)
            await heard(said, lambda line: line == b"STOPPING=1", n_before)
            assert await server.ended() == 0
        loop.remove_reader(systemd)
        assert [line.partition(b"\n")[0] for line in said[:3]] == [
            b"FDSTORE=1", b"FDSTORE=1", b"READY=1"
        ]  # fmt: skip
        assert await asyncio.to_thread(path.exists)


async def heard(said: list[bytes], condition: Callable[[bytes], bool], begin: int) -> None:
    """Wait for a line among those from ``begin`` on."""
    async with asyncio.timeout(PATIENCE_S):
        while not any(map(condition, said[begin:])):  # noqa: ASYNC110  # another process's
            await asyncio.sleep(0.01)


def supervised(
    board: Board, work: Callable[[int], int], monkeypatch: pytest.MonkeyPatch, n_workers: int = 1
) -> int:
    """A supervisor in a process of its own, in a hurry; returns its pid."""
    monkeypatch.setattr(supervisor, "CHECK_INTERVAL_S", 0.05)
    monkeypatch.setattr(liveness, "STUCK_S", 0.3)
    pid = os.fork()
    if pid == 0:
        os._exit(Supervisor(board, work, n_workers=n_workers, drain_s=0).run())
    return pid


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for another process."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_worker_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that gives no sign of life is replaced: its callers have waited long enough."""
    board = Board(1)

    def work(number: int) -> int:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        board.seat(number).take_call(ServerLimits(), 0.0)
        board.seat(number).beat()
        time.sleep(60)
        return 0

    pid = supervised(board, work, monkeypatch)
    wait_until(lambda: board.total("taken") >= 3)
    assert board.total("calls") <= 1
    os.kill(pid, signal.SIGTERM)
    assert os.waitpid(pid, 0)[1] == 0
    board.close()


def test_a_worker_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again and again, though not at once; the server can still be stopped."""
    board = Board(1)

    def work(number: int) -> int:
        board.seat(number).take_call(ServerLimits(), 0.0)
        raise ZeroDivisionError

    began = time.monotonic()
    pid = supervised(board, work, monkeypatch)
    wait_until(lambda: board.total("taken") >= 4)
    assert time.monotonic() - began >= 3 * 0.05
    os.kill(pid, signal.SIGTERM)
    assert os.waitpid(pid, 0)[1] == 0
    board.close()


def test_a_worker_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the drain is over."""
    monkeypatch.setattr(supervisor, "KILL_S", 0.0)
    board = Board(1)

    def work(number: int) -> int:
        board.seat(number).take_call(ServerLimits(), 0.0)
        while True:
            signal.sigwait({signal.SIGTERM})

    pid = supervised(board, work, monkeypatch)
    wait_until(lambda: board.total("taken") == 1)
    os.kill(pid, signal.SIGTERM)
    assert os.waitpid(pid, 0)[1] == 0
    board.close()


def test_a_second_signal_reaches_those_that_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that there is a hurry now; who has ended is not asked any more."""
    monkeypatch.setattr(supervisor, "KILL_S", PATIENCE_S)
    board = Board(2)

    def work(number: int) -> int:
        board.seat(number).take_call(ServerLimits(), 0.0)
        for _ in range(1 + number):
            signal.sigwait({signal.SIGTERM})
            board.seat(number).note_failure()
        return 0

    pid = supervised(board, work, monkeypatch, 2)
    wait_until(lambda: board.total("calls") == 2)
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: board.total("calls") == 1)  # the first has ended
    os.kill(pid, signal.SIGTERM)
    assert os.waitpid(pid, 0)[1] == 0
    board.close()


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and not only what is left of it for its parent."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


@contextlib.contextmanager
def killed_at_last(pid: int) -> Iterator[None]:
    """Leave no process behind where a test fails."""
    try:
        yield
    finally:
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)


async def refused(server: Server) -> str | None:
    """Call until a call is refused; returns why."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            call = await server.call("now")
            if status(call)[0] == "REFUSED":
                return status(call)[1]


async def test_a_reload_at_the_first_moment(tmp_path: Path) -> None:
    """C17: who was told that the server listens may signal it."""
    async with running_server(tmp_path) as server:
        for _ in range(3):
            server.signal(signal.SIGHUP)
        assert status(await server.call("now")) == ("COMPLETED", None)
        assert server.process.returncode is None


def test_signals_are_handled_before_anything_is_said() -> None:
    """And only from then on: nothing of it is left afterwards."""
    board = Board(1)
    blocked: list[set[signal.Signals]] = []

    def announce() -> None:
        blocked.append({*map(signal.Signals, signal.pthread_sigmask(signal.SIG_BLOCK, ()))})
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert Supervisor(board, lambda _: 0, n_workers=1, drain_s=5).run(announce) == 0
    assert blocked[0] >= {signal.SIGHUP, signal.SIGTERM, signal.SIGINT}
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    board.close()
