"""A server of calls in processes of its own, as a test starts it, and calls that go through it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from benchmarks.service_manager import ServiceManager, service_manager
from ivr_agi.cli.common import program_words
from ivr_agi.serve.install import install_launcher, launcher_text
from ivr_agi.settings import load_settings
from ivr_agi.simulator.call import SimulatedCall, simulate_call
from ivr_agi.simulator.caller import CallerStep
from ivr_agi.simulator.events import CallEvent, CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder
from tests.patience import PATIENCE_S

NOW = "start: a\nsteps:\n  a: {do: hangup, result: now}\n"
"""A flow that is over at once."""
LONG = "start: a\nsteps:\n  a: {do: say, prompt: {recording: %s}, go: b}\n  b: {do: hangup}\n"
"""A flow that plays a tone of ten seconds."""
LAUNCHER_WAIT_S = 60.0
"""As long as the settings allow: the machine may be busy."""
ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_blocking(3, False)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What systemd does before it starts a service, with ``NonBlocking=yes``."""


def write_installation(folder: Path, serve: Mapping[str, Any] | None = None) -> Path:
    """Settings, the flows ``now`` and ``long``, spool and journal; returns the settings' path."""
    (folder / "flows").mkdir(exist_ok=True)
    (folder / "agi-bin").mkdir(exist_ok=True)
    (folder / "long.sln").write_bytes((b"\x00\x10" * 4 + b"\x00\xf0" * 4) * 10_000)
    (folder / "flows/now.yaml").write_text(NOW)
    (folder / "flows/long.yaml").write_text(LONG % (folder / "long"))
    sections = {
        "serve": {
            "socket": "run/socket",
            "drain_s": 10,
            "launcher_wait_s": LAUNCHER_WAIT_S,
            **(serve or {}),
        },
        "paths": {"flows": "flows", "spool": "spool"},
        "journal": {"file": "journal.jsonl"},
        "speech": {"url": "ws://127.0.0.1:9"},
    }
    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    config = folder / "ivr-agi.toml"
    config.write_text("\n".join(lines) + "\n")
    return config


@dataclass
class Server:
    """A server that runs, and what belongs to it."""

    folder: Path
    launcher: Path
    process: asyncio.subprocess.Process
    told: set[int] = field(default_factory=set)
    """Workers that a signal has reached, or may have."""

    @property
    def workers(self) -> list[int]:
        """Pids of the workers."""
        pid = self.process.pid
        try:
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        except FileNotFoundError:
            return []
        return [int(word) for word in text.split()]

    async def call(
        self,
        flow: str,
        *steps: CallerStep,
        on_event: Callable[[CallEvent], None] | None = None,
        deadline_s: float = PATIENCE_S,
    ) -> SimulatedCall:
        """Make a call through launcher and server."""
        line = PhoneLine(IncomingCall(arguments=(flow,)), SoundFolder(self.folder), steps)
        return await simulate_call(
            [str(self.launcher)], line, deadline_s=deadline_s, on_event=on_event
        )

    @contextlib.asynccontextmanager
    async def calling(
        self, flow: str, *steps: CallerStep
    ) -> AsyncIterator[asyncio.Task[SimulatedCall]]:
        """Make a call; the body begins when its prompt does."""
        began = asyncio.Event()

        def note(event: CallEvent) -> None:
            if event.kind is CallEventKind.PLAYBACK_STARTED:
                began.set()

        call = asyncio.create_task(self.call(flow, *steps, on_event=note))
        try:
            async with asyncio.timeout(PATIENCE_S):
                await began.wait()
            yield call
        finally:
            call.cancel()
            await asyncio.wait([call])

    async def wait_for_workers(self, condition: Callable[[list[int]], bool]) -> None:
        """Wait until the workers' pids are as they should be."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self.workers):  # noqa: ASYNC110  # another process's
                await asyncio.sleep(0.01)

    def signal(self, number: signal.Signals) -> float:
        """Signal the server; returns when, monotonic seconds."""
        self.told.update(self.workers)
        self.process.send_signal(number)
        return time.monotonic()

    async def exited(self) -> int:
        """Wait for the end of its parent alone, as systemd does; returns the exit code."""
        async with asyncio.timeout(PATIENCE_S):
            while self.process.returncode is None:  # noqa: ASYNC110  # wait() waits for workers
                await asyncio.sleep(0.01)
            return self.process.returncode

    async def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()


def _install(
    folder: Path, serve: Mapping[str, Any] | None, program: Sequence[str]
) -> tuple[Path, Path]:
    config = write_installation(folder, serve)
    text = launcher_text(load_settings(config), program)
    return config, install_launcher(folder / "agi-bin", text)


@contextlib.asynccontextmanager
async def running_server(
    folder: Path,
    serve: Mapping[str, Any] | None = None,
    *,
    program: Sequence[str] = ("/bin/false",),
    activated: socket.socket | None = None,
    environment: Mapping[str, str] | None = None,
    log: IO[bytes] | None = None,
) -> AsyncIterator[Server]:
    """Start ``ivr-agi serve``, as systemd does where it is given a socket; kill it at the end."""
    config, launcher = await asyncio.to_thread(_install, folder, serve, program)
    command = [*(await asyncio.to_thread(program_words)), "serve", "--config", str(config)]
    fd = activated.fileno() if activated is not None else 0
    process = await asyncio.create_subprocess_exec(
        *([sys.executable, "-c", ACTIVATE, str(fd)] if activated is not None else []),
        *command,
        stdout=PIPE,
        stderr=log,
        pass_fds=[fd],
        env={**os.environ, **(environment or {})},
    )
    server = Server(folder, launcher, process)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            line = await process.stdout.readline()
        assert line.startswith(b"listening on ")
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.signal(signal.SIGTERM)
        hurrying = asyncio.create_task(_hurry(server))
        try:
            async with asyncio.timeout(PATIENCE_S):
                await process.stdout.read()  # to the end of the last worker
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        finally:
            hurrying.cancel()


async def _hurry(server: Server) -> None:
    """Tell the workers that a parent has left to themselves that there is no next server."""
    while server.process.returncode is None:  # noqa: ASYNC110  # it tells them first
        await asyncio.sleep(0.01)
    while True:
        for pid in server.told:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def managed_server(
    folder: Path, serve: Mapping[str, Any]
) -> AsyncIterator[tuple[ServiceManager, Server]]:
    """Start ``ivr-agi serve`` under what stands for systemd; kill it at the end."""
    settings = {"socket": "given", **serve}
    config, launcher = await asyncio.to_thread(_install, folder, settings, ["/bin/false"])
    command = [*(await asyncio.to_thread(program_words)), "serve", "--config", str(config)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(folder / "given"))
        listener.listen(256)
        async with service_manager(command, listener) as manager:
            yield manager, Server(folder, launcher, manager.process)
