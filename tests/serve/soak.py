"""Many short calls through one worker: what they leave behind.

``python -m tests.serve.soak 10000`` prints it; a test does a few hundred. Asterisk is simulated on
real pipes in the same process, so its own growth would show as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from ivr_agi.flow.load.library import FlowLibrary
from ivr_agi.log import set_up_logging
from ivr_agi.serve.board import Board
from ivr_agi.serve.handover import listen_unix
from ivr_agi.serve.worker import Worker
from ivr_agi.settings import load_settings
from ivr_agi.simulator.call import SimulatedAsterisk
from ivr_agi.simulator.caller import CallerStep
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder
from tests.patience import PATIENCE_S


@dataclass
class State:
    """What a process has."""

    fds: int
    tasks: int
    rss_kb: int


def state() -> State:
    """Of this process, after all garbage is gone."""
    gc.collect()
    text = Path("/proc/self/status").read_text(encoding="ascii")
    rss_kb = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))
    return State(len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks()), rss_kb)


@contextlib.asynccontextmanager
async def working(config: Path) -> AsyncIterator[Path]:
    """A worker in this process; gives where it listens."""
    async with a_worker(config) as (path, _):
        yield path


@contextlib.asynccontextmanager
async def a_worker(
    config: Path, *, socket_stays: bool = False
) -> AsyncIterator[tuple[Path, Worker]]:
    """A worker in this process, and where it listens; at the end it is in a hurry."""
    settings = await asyncio.to_thread(load_settings, config)
    path = settings.path(settings.serve.socket)
    board = Board(1)
    library = FlowLibrary(settings.flows_dir)
    await asyncio.to_thread(library.read_all)
    with await asyncio.to_thread(listen_unix, path) as listener:
        worker = Worker(
            listener,
            board.seat(0),
            settings,
            library,
            os.getppid(),
            socket_stays=socket_stays,
        )
        running = asyncio.create_task(worker.run())
        await asyncio.sleep(0)
        try:
            yield path, worker
        finally:
            worker.stop()
            await asyncio.sleep(0)
            worker.stop()
            await running
            board.close()


async def offer(path: Path, asterisk: SimulatedAsterisk, *words: str) -> bytes:
    """Hand a simulated call over as the launcher does; returns the answer."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as launcher:
        launcher.setblocking(False)
        await loop.sock_connect(launcher, str(path))
        fds = [asterisk.script_stdin_fd, asterisk.script_stdout_fd, asterisk.script_audio_fd]
        message = b"\0".join([b"ivr-agi 1", *(word.encode() for word in words)])
        socket.send_fds(launcher, [message], fds)
        answer = await loop.sock_recv(launcher, 4096)
    asterisk.close_script_ends()
    return answer


async def call(path: Path, folder: Path, flow: str, *steps: CallerStep) -> dict[str, str]:
    """One call to its end; returns the channel's variables."""
    line = PhoneLine(IncomingCall(), SoundFolder(folder), steps)
    async with SimulatedAsterisk(line) as asterisk:
        assert await offer(path, asterisk, flow) == b"+"
        await asterisk.wait_for(CallEventKind.SCRIPT_ENDED, timeout_s=2 * PATIENCE_S)
        return dict(line.session.variables)


async def soak(config: Path, n_calls: int, *, at_once: int = 20) -> tuple[State, State]:
    """Make so many calls of the flow ``now``; the state after the first few, and at the end."""
    async with working(config) as path:

        async def make(n: int) -> None:
            for _ in range(n):
                variables = await call(path, config.parent, "now")
                assert variables["IVR_STATUS"] == "COMPLETED", variables

        async def make_all(n: int) -> State:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(at_once):
                    tasks.create_task(make(n // at_once))
            await asyncio.sleep(0.05)
            return state()

        before = await make_all(3 * at_once)
        return before, await make_all(n_calls)


def _main() -> None:
    from tests.serve.running import write_installation

    set_up_logging(console="error")
    n_calls = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        config = write_installation(Path(folder))
        began = time.monotonic()
        before, after = asyncio.run(soak(config, n_calls))
        took_s = time.monotonic() - began
    sys.stdout.write(f"{n_calls} calls in {took_s:.0f} s\nbefore {before}\nafter  {after}\n")


if __name__ == "__main__":
    _main()
