"""A server replaces itself: nobody is refused, nobody is cut off, and no versions are mixed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

import ivr_agi
from ivr_agi.serve import renewal as renewal_module
from ivr_agi.serve.board import LAYOUT, Board
from ivr_agi.serve.renewal import Inheritance, Renewal, inheritance
from ivr_agi.simulator.call import SimulatedCall
from ivr_agi.simulator.caller import CallerPause, EndCall, Moment, WaitForPrompt
from tests.patience import PATIENCE_S
from tests.serve.running import Server, managed_server, running_server, write_installation


def statuses(calls: list[SimulatedCall]) -> Counter[str | None]:
    """How many ended how."""
    return Counter(call.variables.get("IVR_STATUS") for call in calls)


@contextlib.contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """The socket as systemd has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen(256)
        yield listener


@contextlib.asynccontextmanager
async def many_calls(server: Server, n_callers: int = 4) -> AsyncIterator[list[SimulatedCall]]:
    """Callers that call again and again, one of them long; complete at the end of the block."""
    done: list[SimulatedCall] = []
    is_over = asyncio.Event()
    stay = (WaitForPrompt(Moment.PROMPT_START), CallerPause(2), EndCall())

    async def call(number: int) -> None:
        while not is_over.is_set():
            done.append(await (server.call("now") if number else server.call("long", *stay)))

    async with asyncio.TaskGroup() as group:
        for number in range(n_callers):
            group.create_task(call(number))
        try:
            yield done
        finally:
            is_over.set()


async def more(calls: list[SimulatedCall], n_more: int) -> None:
    """Wait until so many more have ended."""
    n_before = len(calls)
    async with asyncio.timeout(PATIENCE_S):
        while len(calls) < n_before + n_more:  # noqa: ASYNC110  # calls of other processes
            await asyncio.sleep(0.01)


async def test_reloads_under_load(tmp_path: Path) -> None:
    """New calls all the time over three reloads: none is refused, none is cut off."""
    serve = {"workers": 2}
    async with (
        running_server(tmp_path, serve) as server,
        many_calls(server) as calls,
    ):
        await server.wait_for_workers(lambda now: len(now) == 2)
        for _ in range(3):
            before = set(server.workers)
            server.signal(signal.SIGHUP)
            await server.wait_for_workers(has_new(before, 2))
            await more(calls, 20)
    assert set(statuses(calls)) == {"COMPLETED", "HANGUP"}
    assert len(calls) >= 60


async def test_a_call_outlives_its_server(tmp_path: Path) -> None:
    """It goes on in the worker of before, which ends with it; the pid of the server stays."""
    async with running_server(tmp_path) as server:
        async with server.calling("long", CallerPause(1), EndCall()) as running:
            (before,) = server.workers
            server.signal(signal.SIGHUP)
            await server.wait_for_workers(has_new({before}, 1))
            assert statuses([await server.call("now")]) == {"COMPLETED": 1}
            assert statuses([await running]) == {"HANGUP": 1}
        await server.wait_for_workers(lambda now: len(now) == 1 and before not in now)
        server.signal(signal.SIGTERM)
        assert await server.ended() == 0
        assert not (tmp_path / "run/socket").exists()


async def test_settings_that_are_wrong(tmp_path: Path) -> None:
    """The server stays as it is, says why, and takes the next ones that are right."""
    with (tmp_path / "log").open("w+b") as log:
        async with running_server(tmp_path, log=log) as server:
            await server.wait_for_workers(lambda now: len(now) == 1)
            before = server.workers
            write_installation(tmp_path, {"max_calls": "many"})
            server.signal(signal.SIGHUP)
            await logged(tmp_path / "log", "the server stays as it is: ")
            assert "serve.max_calls" in (tmp_path / "log").read_text()
            assert set(before) <= set(server.workers)
            write_installation(tmp_path, {"workers": 2})
            server.signal(signal.SIGHUP)
            await server.wait_for_workers(lambda now: len(now) == 2 and before[0] not in now)
            assert statuses([await server.call("now")]) == {"COMPLETED": 1}


async def test_restarts_under_load(tmp_path: Path) -> None:
    """Systemd stops one server, then starts the next on the same socket: the same holds."""
    serve = {"socket": "given", "drain_s": 600}
    with listening(tmp_path / "given") as listener:

        def start() -> contextlib.AbstractAsyncContextManager[Server]:
            return running_server(tmp_path, serve, activated=listener)

        async with contextlib.AsyncExitStack() as servers:
            server = await servers.enter_async_context(start())
            async with many_calls(server) as calls:
                for _ in range(2):
                    await more(calls, 10)
                    server.signal(signal.SIGTERM)
                    assert await server.exited() == 0
                    server = await servers.enter_async_context(start())
                await more(calls, 20)
    assert set(statuses(calls)) == {"COMPLETED", "HANGUP"}


ENDLESS = "start: a\nsteps:\n  a: {do: say, prompt: {recording: %s}, go: a}\n"


async def test_limits_count_the_calls_of_before(tmp_path: Path) -> None:
    """Over two restarts and a reload, and until the worker of before has ended with its call."""
    serve = {"max_calls": 1, "drain_s": 600}
    async with managed_server(tmp_path, serve) as (manager, server):
        (tmp_path / "flows/endless.yaml").write_text(ENDLESS % (tmp_path / "long"))
        async with server.calling("endless") as running:
            for replace in (manager.restart, manager.restart, manager.reload):
                await replace()
                refused = await server.call("now")
                assert refused.variables["IVR_STATUS"] == "REFUSED"
                assert refused.variables["IVR_ERROR"].startswith("there are 1 calls already")
                assert not running.done()  # nobody told its worker twice to end
            async with asyncio.timeout(PATIENCE_S):
                while "older workers that finish theirs: 1" not in manager.status:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        async with asyncio.timeout(PATIENCE_S):
            while statuses([await server.call("now")]) != {"COMPLETED": 1}:
                pass


async def test_a_call_dies_with_a_worker_of_before(tmp_path: Path) -> None:
    """Its seat is free again, and the journal of the next server has its end."""
    async with managed_server(tmp_path, {"max_calls": 1}) as (manager, server):
        (worker,) = server.workers
        async with server.calling("long") as running:
            await manager.restart()
            os.kill(worker, signal.SIGKILL)
            assert statuses([await running]) == {None: 1}
        async with asyncio.timeout(PATIENCE_S):
            while statuses([await server.call("now")]) != {"COMPLETED": 1}:
                pass
        await logged(tmp_path / "journal.jsonl", "its worker has died")


async def test_an_upgrade(tmp_path: Path) -> None:
    """Each version has a folder; the server runs the one that the link names at the reload.

    Nothing of the old one is imported any more once calls are taken: it may be gone.
    """
    for name in ("old", "new"):
        skip = shutil.ignore_patterns("__pycache__", "voice")
        package = Path(ivr_agi.__file__).parent
        await asyncio.to_thread(shutil.copytree, package, tmp_path / name / "ivr_agi", ignore=skip)
    face = tmp_path / "new/ivr_agi/__init__.py"
    face.write_text(f'{face.read_text()}\n__version__ = "99.1"\n')
    (tmp_path / "current").symlink_to("old")
    environment = {"PYTHONPATH": str(tmp_path / "current")}
    with (tmp_path / "log").open("w+b") as log:
        async with running_server(tmp_path, environment=environment, log=log) as server:
            (tmp_path / "flows/all.yaml").write_text(EVERYTHING)
            shutil.rmtree(tmp_path / "old")
            (tmp_path / "link").symlink_to("new")
            (tmp_path / "link").replace(tmp_path / "current")
            call = await server.call("all")
            assert (call.variables["IVR_STATUS"], call.variables["IVR_RESULT"]) == (
                "COMPLETED",
                "and that was all",
            )
            await server.wait_for_workers(lambda now: len(now) == 1)
            before = set(server.workers)
            server.signal(signal.SIGHUP)
            await server.wait_for_workers(has_new(before, 1))
            await logged(tmp_path / "log", "ivr-agi 99.1 serves")
            assert statuses([await server.call("all")]) == {"COMPLETED": 1}
    assert "ModuleNotFoundError" not in (tmp_path / "log").read_text()


EVERYTHING = """
start: a
steps:
  a: {do: http, url: "http://127.0.0.1:9/{{ 1 + 1 }}", go: b, error: b}
  b: {do: python, function: "json:dumps", arguments: {obj: 1}, go: c, error: c}
  c: {do: set, values: {x: "{{ 'a' | upper }}"}, go: d}
  d: {do: hangup, result: and that was all}
"""
"""Steps that need what is loaded late without a server."""


def has_new(before: set[int], n_new: int) -> Callable[[list[int]], bool]:
    """So many workers that were not there before."""
    return lambda now: len(set(now) - before) >= n_new


async def logged(file: Path, text: str) -> None:
    """Wait for a line."""
    async with asyncio.timeout(PATIENCE_S):
        while text not in await asyncio.to_thread(file.read_text):  # noqa: ASYNC110  # a process's
            await asyncio.sleep(0.01)


# What is handed on.


@pytest.fixture
def board() -> Iterator[Board]:
    """A board that is handed on."""
    board = Board(2)
    yield board
    board.close()


def test_it_is_executed(board: Board, tmp_path: Path) -> None:
    """Fds, seats and pids reach the program that comes in this process's place."""
    script = tmp_path / "next.py"
    script.write_text(
        "import sys\nfrom ivr_agi.serve.renewal import inheritance\n"
        "left = inheritance()\nprint(left.workers, left.owns_path, left.board, left.listener)\n"
        "import os; print(os.fstat(left.board[0]).st_size, os.get_inheritable(left.board[1]))\n"
    )
    board.seat(3).beat()
    with listening(tmp_path / "socket") as listener, (tmp_path / "out").open("w+b") as out:
        pid = os.fork()
        if pid == 0:
            os.dup2(out.fileno(), 1)
            command = [sys.executable, str(script)]
            Renewal(command, listener=listener.fileno(), board=board.fds, owns_path=True).execute(
                [(3, 77)]
            )
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        said = (tmp_path / "out").read_text().splitlines()
        size = os.fstat(board.fds[0]).st_size
        assert said == [f"((3, 77),) True {board.fds} {listener.fileno()}", f"{size} False"]


def test_a_board_is_taken_over(board: Board) -> None:
    """The next server counts on the same page."""
    other = Board(1, (os.dup(board.fds[0]), os.dup(board.fds[1])))
    other.seat(5).note_failure()
    assert (board.total("failures"), other.n_seats) == (1, board.n_seats)
    other.close()


@pytest.mark.parametrize("value", ["", "no JSON", "[]", "{}", '{"pid": 1}'])
def test_nothing_is_left(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """What is for another process is not ours."""
    monkeypatch.setenv("IVR_AGI_RENEWAL", value)
    assert inheritance() is None


def test_a_board_of_another_layout(monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    """It is left alone; the workers are known all the same."""
    fd, roll, listener = (os.dup(n) for n in (*board.fds, board.fds[0]))
    left: dict[str, object] = {
        "format": 1,
        "pid": os.getpid(),
        "listener": listener,
        "owns_path": False,
    }
    left |= {"board": [fd, roll], "layout": LAYOUT + 1, "workers": [[0, 9]]}
    monkeypatch.setenv("IVR_AGI_RENEWAL", json.dumps(left))
    assert inheritance() == Inheritance(listener, False, None, ((0, 9),))
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(fd)
    os.close(listener)


def tried(renewal: Renewal) -> bool:
    """Begin, and wait for the result."""
    renewal.begin()
    deadline = time.monotonic() + PATIENCE_S
    while renewal._trial is not None:
        assert time.monotonic() < deadline
        if renewal.is_tried():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("print('fine')", None),
        ("import sys; sys.exit('no such setting')", "no such setting"),
        ("import sys; sys.exit(3)", "exit code 3"),
        ("import time; time.sleep(600)", "it did not start within 0.2 s"),
    ],
)
def test_a_trial(
    board: Board,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    code: str,
    reason: str | None,
) -> None:
    """Only what could start is taken; for the rest the log has the reason."""
    if "sleep" in code:
        monkeypatch.setattr(renewal_module, "TRY_S", 0.2)
    with listening(tmp_path / "socket") as listener:
        renewal = Renewal(
            [sys.executable, "-c", code],
            listener=listener.fileno(),
            board=board.fds,
            owns_path=True,
        )
        assert tried(renewal) == (reason is None)
        renewal.close()
    assert (f"the server stays as it is: {reason}" in caplog.text) == (reason is not None)


def test_a_trial_does_not_go_first(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server does (``Nice=-10``), for its callers; the trial has an ordinary priority."""
    given: list[tuple[int, int, int]] = []
    monkeypatch.setattr(os, "getpriority", lambda *_: -10)
    monkeypatch.setattr(os, "setpriority", lambda *words: given.append(words))
    with listening(tmp_path / "socket") as listener:
        renewal = Renewal(
            [sys.executable, "-c", ""],
            listener=listener.fileno(),
            board=board.fds,
            owns_path=True,
        )
        assert tried(renewal)
    ((kind, pid, nice),) = given
    assert (kind, nice) == (os.PRIO_PROCESS, 0)
    assert pid not in (0, os.getpid())


def test_a_program_that_is_gone(
    board: Board, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing changes, nothing is lost."""
    with listening(tmp_path / "socket") as listener:
        renewal = Renewal(
            ["/nowhere/ivr-agi"], listener=listener.fileno(), board=board.fds, owns_path=True
        )
        assert not tried(renewal)
        renewal.execute([])
        assert not os.get_inheritable(board.fds[0])
    assert caplog.text.count("/nowhere/ivr-agi cannot be started: No such file") == 2


def test_two_reloads_at_once(board: Board, tmp_path: Path) -> None:
    """The second is tried after the first: the settings may have changed in between."""
    count = tmp_path / "count"
    code = f"open({str(count)!r}, 'a').write('.')"
    with listening(tmp_path / "socket") as listener:
        renewal = Renewal(
            [sys.executable, "-c", code],
            listener=listener.fileno(),
            board=board.fds,
            owns_path=True,
        )
        renewal.begin()
        assert tried(renewal)
        assert count.read_text() == ".."
        renewal.begin()
        renewal.close()
