"""A worker in this process: what its calls share, what they leave, and what goes wrong with one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
import types
from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.flow.load.library import FlowLibrary
from ivr_agi.journal import Event, read_events
from ivr_agi.serve import background
from ivr_agi.serve import worker as worker_module
from ivr_agi.serve.board import Board
from ivr_agi.serve.handover import listen_unix
from ivr_agi.serve.worker import run_worker
from ivr_agi.settings import load_settings
from ivr_agi.simulator.call import SimulatedAsterisk
from ivr_agi.simulator.caller import CallerPause, EndCall, Moment, Press, WaitForPrompt
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder
from ivr_agi.threads import FILE_THREADS, NETWORK_THREADS, USER_CODE, USER_THREADS
from tests.patience import PATIENCE_S
from tests.serve.running import write_installation
from tests.serve.soak import a_worker, call, offer, soak, working
from tests.serve.test_call import wait_silently
from tests.sis.fake import Peer, fake_service

MENU = """
start: a
steps:
  a:
    do: menu
    prompt: {recording: %s}
    choices:
      - {words: [sales], key: "1", go: b}
    no_input: {go: b}
    no_match: {go: b}
  b: {do: hangup}
"""


def installation(folder: Path, url: str = "", **serve: object) -> Path:
    """With a flow ``menu`` that listens."""
    config = write_installation(folder, serve)
    (folder / "flows/menu.yaml").write_text(MENU % (folder / "long"))
    if url:
        config.write_text(config.read_text().replace("ws://127.0.0.1:9", url))
    return config


def events(folder: Path, name: str) -> list[Event]:
    """What the journal has of this name."""
    return [event for event in read_events(folder / "journal.jsonl") if event.event == name]


async def test_nothing_is_left_of_calls(tmp_path: Path) -> None:
    """After 300 calls there are as many fds and tasks as after the first ones."""
    before, after = await soak(await asyncio.to_thread(installation, tmp_path), 300)
    assert (after.fds, after.tasks) == (before.fds, before.tasks)
    assert after.rss_kb < before.rss_kb + 4096
    assert len(await asyncio.to_thread(events, tmp_path, "call_ended")) == 360


def ours() -> list[str]:
    """What there is of our own classes, but the simulator's."""
    rooms = ("ivr_agi.agi", "ivr_agi.dialogue", "ivr_agi.flow", "ivr_agi.serve", "ivr_agi.sis")
    kinds = [type(each) for each in gc.get_objects()]
    return [kind.__name__ for kind in kinds if str(kind.__module__).startswith(rooms)]


async def test_a_call_is_gone_with_its_end(tmp_path: Path) -> None:
    """Its objects do not wait for the garbage collector: of many calls that is megabytes."""
    steps = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.1), Press("1"))
    async with fake_service(wait_silently) as service:
        config = await asyncio.to_thread(installation, tmp_path, service.url)
        async with working(config) as path:
            await call(path, tmp_path, "menu", *steps)
            await asyncio.sleep(0.05)
            gc.collect()
            gc.disable()
            try:
                before = ours()
                for _ in range(3):
                    await call(path, tmp_path, "menu", *steps)
                await asyncio.sleep(0.05)
                assert sorted(ours()) == sorted(before)
            finally:
                gc.enable()


async def test_memory_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, when the last call has ended."""
    given_back: list[float] = []
    monkeypatch.setattr(worker_module, "BEAT_S", 0.01)
    monkeypatch.setattr(worker_module, "give_memory_back", lambda: given_back.append(1))
    config = await asyncio.to_thread(installation, tmp_path)
    steps = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.1), EndCall())
    async with working(config) as path:
        await call(path, tmp_path, "long", *steps)
        async with asyncio.timeout(PATIENCE_S):
            while not given_back:  # noqa: ASYNC110  # seen from outside
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
    assert given_back == [1]


async def test_a_socket_serves_call_after_call(tmp_path: Path) -> None:
    """The recogniser's is opened once; both calls are heard on it."""
    paths: list[str] = []

    async def count(peer: Peer) -> None:
        paths.append(peer.path)
        await wait_silently(peer)

    async with fake_service(count) as service:
        config = await asyncio.to_thread(installation, tmp_path, service.url)
        async with working(config) as path:
            for _ in range(3):
                steps = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.1), Press("1"))
                assert (await call(path, tmp_path, "menu", *steps))["IVR_RESULT"] == "sales"
    assert len(paths) == 1
    assert len(await asyncio.to_thread(events, tmp_path, "recognition_started")) == 3


async def test_more_calls_than_speech_sessions(tmp_path: Path) -> None:
    """One speaks, the other goes on by keys; when the first has ended, the third speaks."""
    async with fake_service(wait_silently) as service:
        config = await asyncio.to_thread(installation, tmp_path, service.url, max_sessions=1)
        async with working(config) as path:
            first = asyncio.create_task(
                call(
                    path,
                    tmp_path,
                    "menu",
                    WaitForPrompt(Moment.PROMPT_START),
                    CallerPause(1),
                    EndCall(),
                )
            )
            await asyncio.sleep(0.3)
            keys = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.2), Press("1"))
            assert (await call(path, tmp_path, "menu", *keys))["IVR_RESULT"] == "sales"
            down = await asyncio.to_thread(events, tmp_path, "speech_unavailable")
            assert "the limit of speech sessions is reached" in down[-1].data["error"]
            assert (await first)["IVR_STATUS"] == "HANGUP"
            n_down = len(down)
            assert (await call(path, tmp_path, "menu", *keys))["IVR_RESULT"] == "sales"
    assert len(await asyncio.to_thread(events, tmp_path, "speech_unavailable")) == n_down


async def test_calls_without_speech_are_refused(tmp_path: Path) -> None:
    """Where the settings say so."""
    async with fake_service(wait_silently) as service:
        serve = {"max_sessions": 1, "over_sessions": "refuse"}
        config = await asyncio.to_thread(lambda: installation(tmp_path, service.url, **serve))
        async with working(config) as path:
            steps = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.5), EndCall())
            first = asyncio.create_task(call(path, tmp_path, "menu", *steps))
            await asyncio.sleep(0.3)
            line = PhoneLine(IncomingCall(), SoundFolder(tmp_path), ())
            async with SimulatedAsterisk(line) as asterisk:
                refused = await offer(path, asterisk, "menu")
            assert b"there are 1 speech sessions already (serve.max_sessions)" in refused
            await first


async def test_a_background_job_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told and started again: flows are still followed."""
    monkeypatch.setattr(worker_module, "FLOWS_S", 0.01)
    monkeypatch.setattr(background, "FIRST_PAUSE_S", 0.01)
    config = await asyncio.to_thread(installation, tmp_path)
    async with working(config) as path:
        follow, failed = FlowLibrary.read_all, asyncio.Event()
        loop = asyncio.get_running_loop()

        def fail(library: FlowLibrary) -> None:
            monkeypatch.setattr(FlowLibrary, "read_all", follow)
            loop.call_soon_threadsafe(failed.set)
            raise ZeroDivisionError

        monkeypatch.setattr(FlowLibrary, "read_all", fail)
        await failed.wait()
        changed = "start: a\nsteps:\n  a: {do: hangup, result: changed}\n"
        await asyncio.to_thread((tmp_path / "flows/now.yaml").write_text, changed)
        async with asyncio.timeout(PATIENCE_S):
            while (await call(path, tmp_path, "now"))["IVR_RESULT"] != "changed":
                pass
    assert "the check for changed flows failed and starts again in 0.01 s" in caplog.text
    assert "ZeroDivisionError" in caplog.text


HANGING = """
start: a
steps:
  a: {do: python, function: "hanging_functions:hang", timeout_s: 60, go: b, error: b}
  b: {do: hangup}
"""
PARTS = """
start: a
steps:
  a: {do: say, prompt: [{recording: %s}, {recording: %s}], record: true, go: b}
  b: {do: hangup, result: said}
"""


async def test_users_functions_that_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many: prompts, recordings, names of hosts and flows of other calls go on."""
    all_hang, hang = threading.Barrier(USER_THREADS + 1), threading.Event()

    def hold() -> None:
        all_hang.wait()
        hang.wait()

    module = types.ModuleType("hanging_functions")
    vars(module)["hang"] = hold
    monkeypatch.setitem(sys.modules, module.__name__, module)
    config = await asyncio.to_thread(installation, tmp_path)

    def write() -> None:
        (tmp_path / "flows/hanging.yaml").write_text(HANGING)
        (tmp_path / "short.sln").write_bytes(bytes(1600))
        (tmp_path / "flows/parts.yaml").write_text(PARTS % (tmp_path / "short", tmp_path / "short"))
        with config.open("a") as file:
            file.write('[recording]\nfolder = "recordings"\nwhen = "step"\n')

    await asyncio.to_thread(write)
    n_hanging = 2 * (USER_THREADS + NETWORK_THREADS + FILE_THREADS)
    async with working(config) as path, asyncio.TaskGroup() as tasks:
        for _ in range(n_hanging):
            tasks.create_task(call(path, tmp_path, "hanging"))
        try:
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.to_thread(all_hang.wait)
                assert (await call(path, tmp_path, "parts"))["IVR_RESULT"] == "said"
                assert (await call(path, tmp_path, "now"))["IVR_RESULT"] == "now"
                await asyncio.get_running_loop().getaddrinfo("localhost", 80)
            assert USER_CODE.n_busy == USER_THREADS  # whether calls still wait or not
        finally:
            hang.set()
            all_hang.abort()
    recorded = await asyncio.to_thread(lambda: list((tmp_path / "recordings").iterdir()))
    assert len(recorded) == 1


async def test_nothing_comes_from_asterisk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A call that tells nothing of itself is given up, its fds are closed."""
    monkeypatch.setattr(worker_module, "ENVIRONMENT_TIMEOUT_S", 0.05)
    async with working(await asyncio.to_thread(installation, tmp_path)) as path:
        pipes = [os.pipe() for _ in range(3)]
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as launcher:
            launcher.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(launcher, str(path))
            fds = [pipes[0][0], pipes[1][1], pipes[2][0]]
            socket.send_fds(launcher, [b"ivr-agi 1\0now"], fds)
            assert await loop.sock_recv(launcher, 9) == b"+"
        for fd in fds:
            os.close(fd)
        told = b""
        while data := await asyncio.to_thread(os.read, pipes[1][0], 4096):
            told += data
        assert b'SET VARIABLE "IVR_STATUS" "FAILED"\n' in told
        with pytest.raises(BrokenPipeError):
            os.write(pipes[2][1], b"audio")
        for fd in (pipes[0][1], pipes[1][0], pipes[2][1]):
            os.close(fd)
    assert "nothing came from Asterisk" in caplog.text


async def test_scripts(tmp_path: Path) -> None:
    """pyst2 scripts run here as well."""
    script = tmp_path / "menu.py"
    script.write_text("def main(agi):\n    agi.verbose('hello')\n    return 'done'\n")
    async with working(await asyncio.to_thread(installation, tmp_path)) as path:
        line = PhoneLine(IncomingCall(), SoundFolder(tmp_path), ())
        async with SimulatedAsterisk(line) as asterisk:
            assert await offer(path, asterisk, "--script", str(script)) == b"+"
            async with asyncio.timeout(PATIENCE_S):
                while "IVR_RESULT" not in line.session.variables:  # noqa: ASYNC110  # Asterisk's
                    await asyncio.sleep(0.01)
        assert line.session.variables["IVR_RESULT"] == "done"


async def answer(path: Path) -> bytes:
    """Offer a call without anything behind it; returns what the launcher is told."""
    loop = asyncio.get_running_loop()
    pipes = [os.pipe() for _ in range(3)]
    try:
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as launcher,
            contextlib.suppress(ConnectionError, FileNotFoundError),  # nobody took it to the end
        ):
            launcher.setblocking(False)
            await loop.sock_connect(launcher, str(path))
            fds = [pipes[0][0], pipes[1][1], pipes[2][0]]
            socket.send_fds(launcher, [b"ivr-agi 1\0now"], fds)
            return await loop.sock_recv(launcher, 4096)
        return b""
    finally:
        for fd in (fd for pipe in pipes for fd in pipe):
            os.close(fd)


async def test_new_calls_are_left_to_others(tmp_path: Path) -> None:
    """It refuses none: they wait for another worker. The call that runs ends as it would."""
    config = await asyncio.to_thread(installation, tmp_path)
    line = PhoneLine(IncomingCall(), SoundFolder(tmp_path), ())
    async with a_worker(config) as (path, worker), SimulatedAsterisk(line) as asterisk:
        assert await offer(path, asterisk, "now") == b"+"
        worker.retire()
        await asterisk.wait_for(CallEventKind.SCRIPT_ENDED)
        assert line.session.variables["IVR_RESULT"] == "now"
        later = asyncio.create_task(answer(path))
    assert await later == b""


async def test_calls_are_taken_until_others_take_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the socket is systemd's: after SIGTERM, and after the parent's end."""
    monkeypatch.setattr(worker_module, "TAKE_ON_S", PATIENCE_S)
    config = await asyncio.to_thread(installation, tmp_path)
    async with a_worker(config, socket_stays=True) as (path, worker):
        worker.stop()
        while not worker._is_leaving:  # noqa: ASYNC110  # seen from outside
            await asyncio.sleep(0)
        assert (await call(path, tmp_path, "now"))["IVR_RESULT"] == "now"


async def test_calls_are_left_to_others_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is refused when that time is over."""
    monkeypatch.setattr(worker_module, "TAKE_ON_S", 0.0)
    config = await asyncio.to_thread(installation, tmp_path)
    async with a_worker(config, socket_stays=True) as (path, worker):
        worker.stop()
        while not worker._is_leaving:  # noqa: ASYNC110  # seen from outside
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        later = asyncio.create_task(answer(path))
    assert await later in (b"", b"+")


@pytest.mark.parametrize("last_words_s", [PATIENCE_S, 0.0], ids=["told", "cancelled"])
async def test_a_call_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last_words_s: float
) -> None:
    """It is handed back with a status; Asterisk finds it where there is no time for answers."""
    monkeypatch.setattr(worker_module, "LAST_WORDS_S", last_words_s)
    config = await asyncio.to_thread(installation, tmp_path)
    line = PhoneLine(IncomingCall(), SoundFolder(tmp_path), ())
    async with SimulatedAsterisk(line) as asterisk:
        async with a_worker(config) as (path, _):
            assert await offer(path, asterisk, "long") == b"+"
            await asterisk.wait_for(CallEventKind.PLAYBACK_STARTED)
        await asterisk.wait_for(CallEventKind.SCRIPT_ENDED)
    assert line.session.variables["IVR_STATUS"] == "FAILED"
    assert line.session.variables["IVR_ERROR"] == "the server was stopped"


async def test_its_parent_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It takes no more calls, and ends by itself."""
    monkeypatch.setattr(worker_module, "BEAT_S", 0.01)
    async with a_worker(await asyncio.to_thread(installation, tmp_path)):
        monkeypatch.setattr(os, "getppid", lambda: 1)
        async with asyncio.timeout(PATIENCE_S):
            while "the parent process is gone" not in caplog.text:  # noqa: ASYNC110  # a log
                await asyncio.sleep(0.01)


async def test_flows_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Those that are known stay."""
    monkeypatch.setattr(worker_module, "FLOWS_S", 0.01)
    async with working(await asyncio.to_thread(installation, tmp_path)) as path:

        def fail(_: FlowLibrary) -> None:
            raise PermissionError("no")

        monkeypatch.setattr(FlowLibrary, "read_all", fail)
        async with asyncio.timeout(PATIENCE_S):
            while "the flows cannot be read: no" not in caplog.text:  # noqa: ASYNC110  # a log
                await asyncio.sleep(0.01)
        assert (await call(path, tmp_path, "now"))["IVR_RESULT"] == "now"


async def test_small_pipes_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not with each call."""
    monkeypatch.setattr(worker_module, "fit_pipes", lambda _: 4096)
    async with working(await asyncio.to_thread(installation, tmp_path)) as path:
        for _ in range(2):
            await call(path, tmp_path, "now")
    assert caplog.text.count("fs.pipe-user-pages-soft is used up") == 1


async def test_a_call_that_cannot_be_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Dialplan and log are told."""
    async with working(await asyncio.to_thread(installation, tmp_path)) as path:
        assert (await call(path, tmp_path, "nowhere"))["IVR_STATUS"] == "FAILED"
    assert "there is no flow 'nowhere'" in caplog.text


def run_process(config: Path) -> int:
    """A worker in a process of its own, which finds that it was stopped; its exit code."""
    settings = load_settings(config)
    library = FlowLibrary(settings.flows_dir)
    board = Board(1)
    with listen_unix(config.parent / "socket") as listener:
        pid = os.fork()
        if pid == 0:
            try:
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
                os.kill(os.getpid(), signal.SIGTERM)
                arguments = (settings, library, os.getppid())
                os._exit(run_worker(listener, board.seat(0), *arguments))
            finally:
                os._exit(99)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    board.close()
    return code


def test_the_process(tmp_path: Path) -> None:
    """A signal that came before it was ready stops it, too; TLS is made ready before a call."""
    assert run_process(installation(tmp_path, "wss://127.0.0.1:9")) == 0


def test_a_process_with_wrong_settings(tmp_path: Path) -> None:
    """The exit code of wrong settings."""
    config = installation(tmp_path)
    config.write_text(config.read_text().replace("journal.jsonl", "ivr-agi.toml/journal"))
    assert run_process(config) == ConfigError("x").exit_code
