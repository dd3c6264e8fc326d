"""An installation under chaos: its folder and its processes. Asyncio shell.

The server is started as systemd does it: the socket exists before it, and outlives it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path

from ivr_agi.bench.processes import children
from ivr_agi.cli.common import program_words
from ivr_agi.serve.install import install_launcher, launcher_text
from ivr_agi.settings import load_settings
from tests.chaos.files import write_files
from tests.chaos.speech import TOKEN
from tests.patience import PATIENCE_S
from tests.serve.running import ACTIVATE

CHECKOUT = Path(__file__).parents[2]
DISK_MB = 40
DEADLINE_S = 60.0
"""``call.deadline_s`` of the installation."""
WORKERS = 2
START_S = 600.0
"""A server reads all flows, hostile ones too: on a full machine that takes minutes."""
OBSERVER = """
import gc, json, os, signal, sys, threading

def look(*_):
    import asyncio
    gc.collect()
    try:
        tasks = len(asyncio.all_tasks())
    except RuntimeError:
        tasks = -1
    fds = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            name = os.readlink("/proc/self/fd/" + fd).split("[")[0]
            fds.append("file" if name.startswith("/") else name)
        except OSError:
            pass
    threads = [thread.name for thread in threading.enumerate()]
    file = os.environ["CHAOS_LOOK"] + str(os.getpid())
    with open(file + ".new", "w") as out:
        json.dump({"tasks": tasks, "fds": sorted(fds), "threads": threads}, out)
    os.rename(file + ".new", file)

signal.signal(signal.SIGUSR2, look)
"""
"""Runs in every process of the installation (``sitecustomize``): SIGUSR2 writes what it has."""


class Site:
    """The installation. Use it in ``async with``.

    Args:
        folder: Its folder.
        seed: Of the hostile services.
        share: Of the speech service's connections that are hostile, 0 to 1.
        speech: Module of the speech services.
    """

    def __init__(
        self, folder: Path, seed: int, share: float, *, speech: str = "tests.chaos.speech"
    ) -> None:
        self.folder = folder
        self.share = share
        self.pids: set[int] = set()
        """All processes that the server has had."""
        self.stopped: list[tuple[float, float]] = []
        """When a process of ours stood still because we stopped it, monotonic seconds."""
        self.has_disk = False
        """The spool is a disk of its own, which can be filled and locked."""
        self.server: Process | None = None
        self._seed = seed
        self._module = speech
        self._speech: list[tuple[Process, int]] = []
        self._web: tuple[Process, int] | None = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    async def __aenter__(self) -> Site:
        await asyncio.to_thread(self._lay_out)
        for number in range(2):
            self._speech.append(await self._start_speech(number, 0))
        self._web = await self._start_web(0)
        await asyncio.to_thread(self._write)
        await self.start_server()
        return self

    async def __aexit__(self, *exc: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            await self.stop_server(signal.SIGKILL)
        for pid in {*self.pids, *await asyncio.to_thread(self.find_processes)}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process, _ in [*self._speech, *([self._web] if self._web else [])]:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        self._listener.close()
        await asyncio.to_thread(self._unmount)

    # The folder.

    @property
    def config(self) -> Path:
        """The settings."""
        return self.folder / "ivr-agi.toml"

    @property
    def spool(self) -> Path:
        """Of the prompts."""
        return self.folder / "spool"

    @property
    def launcher(self) -> Path:
        """What Asterisk starts."""
        return self.folder / "agi-bin/ivr-agi"

    @property
    def socket(self) -> Path:
        """Where the server listens."""
        return self.folder / "socket"

    @property
    def begun(self) -> Path:
        """Has a line for each request and function that began."""
        return self.folder / "begun.jsonl"

    def _lay_out(self) -> None:
        for name in ("spool", "agi-bin", "flows", "looks", "site"):
            (self.folder / name).mkdir()
        self.begun.touch()
        (self.folder / "site/sitecustomize.py").write_text(OBSERVER)
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "chaos", str(self.spool)]
        # Only in a namespace of our own (run.py): nobody else may see it.
        if os.environ.get("CHAOS_MAY_MOUNT"):
            self.has_disk = (
                subprocess.run(command, capture_output=True, check=False).returncode == 0
            )
        self._listener.bind(str(self.socket))
        self._listener.listen(1024)

    def _unmount(self) -> None:
        if self.has_disk:
            subprocess.run(["umount", "--lazy", str(self.spool)], capture_output=True, check=False)

    def _write(self) -> None:
        from tests.chaos.table import FLOWS, FUNCTIONS, SCRIPTS, WEB

        write_files(
            self.folder,
            self.web_url,
            answers=[row.name for row in WEB],
            functions={row.name: row.how for row in FUNCTIONS},
            scripts={row.name: row.how for row in SCRIPTS},
            flows={f"file_{row.name}": row.how for row in FLOWS},
        )
        self.write_settings()
        text = launcher_text(load_settings(self.config), [*program_words(), "call"])
        install_launcher(self.folder / "agi-bin", text)

    def write_settings(self, more: str = "") -> None:
        """Write the settings, and what a trouble puts before them."""
        first, second = (f"ws://127.0.0.1:{port}" for _, port in self._speech)
        sections: dict[str, dict[str, object]] = {
            "speech": {"url": first, "answer_timeout_s": 3, "connect_timeout_s": 2},
            "serve": {"socket": "socket", "workers": WORKERS, "drain_s": 20, "max_calls": 200},
            "paths": {"flows": "flows", "spool": "spool", "sounds": "sounds"},
            "journal": {"file": "journal.jsonl"},
            "log": {"file": "log", "level": "info"},
            "call": {"deadline_s": DEADLINE_S},
            "prompts": {"cache_mb": 20},
        }
        lines = [more] if more else []
        for section, values in sections.items():
            lines.append(f"[{section}]")
            lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        lines += ["[[speech.endpoints]]", f"url = {json.dumps(second)}"]
        new = self.folder / "ivr-agi.toml.new"
        new.write_text("\n".join(lines) + "\n")
        new.replace(self.config)

    # The server.

    @property
    def environment(self) -> dict[str, str]:
        """Of all its processes."""
        return {
            "IVR_AGI_TOKEN": TOKEN,
            "CHAOS_BEGUN": str(self.begun),
            "CHAOS_LOOK": str(self.folder / "looks/"),
            "PYTHONPATH": f"{self.folder / 'site'}:{os.environ.get('PYTHONPATH', '')}",
        }

    @property
    def workers(self) -> list[int]:
        """Pids of the server's workers."""
        found = children(self.server.pid) if self.server is not None else []
        self.pids.update(found)
        return found

    def find_processes(self) -> list[int]:
        """Pids of whatever runs as a server of this installation; users' forks, too."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if b"serve" in words and str(self.config).encode() in words:
                    found.append(int(folder.name))
        return found

    async def start_server(self) -> None:
        """Start it and wait until its workers are there."""
        command = [sys.executable, "-c", ACTIVATE, str(self._listener.fileno())]
        command += [*(await asyncio.to_thread(program_words)), "serve", "--config"]
        with (self.folder / "console").open("ab") as console:
            self.server = await asyncio.create_subprocess_exec(
                *command,
                str(self.config),
                stdout=PIPE,
                stderr=console,
                pass_fds=[self._listener.fileno()],
                env={**os.environ, **self.environment},
            )
        assert self.server.stdout is not None
        line = await asyncio.wait_for(self.server.stdout.readline(), START_S)
        assert line.startswith(b"listening on "), (self.folder / "console").read_text()[-2000:]
        self.pids.add(self.server.pid)
        await until(lambda: len(self.workers) >= WORKERS)

    async def stop_server(self, number: signal.Signals) -> None:
        """End its parent with a signal; its workers are on their own."""
        assert self.server is not None
        _ = self.workers
        self.server.send_signal(number)
        server = self.server  # its wait() would wait for the workers as well
        await until(lambda: server.returncode is not None)

    async def stop_process(self, pid: int, seconds: float) -> None:
        """Have a process stand still for some time."""
        began = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        self.stopped.append((began, time.monotonic()))

    # The services.

    @property
    def web_url(self) -> str:
        """Of the HTTP service."""
        assert self._web is not None
        return f"http://127.0.0.1:{self._web[1]}"

    @property
    def speech_pids(self) -> list[int]:
        """Pids of the speech services, the first endpoint's first."""
        return [process.pid for process, _ in self._speech]

    async def restart_speech(self, number: int, after_s: float) -> None:
        """Kill a speech service, and start it again on its port."""
        process, port = self._speech[number]
        process.kill()
        await process.wait()
        await asyncio.sleep(after_s)
        self._speech[number] = await self._start_speech(number, port)

    async def restart_web(self, after_s: float) -> None:
        """Kill the HTTP service, and start it again on its port."""
        assert self._web is not None
        process, port = self._web
        process.kill()
        await process.wait()
        await asyncio.sleep(after_s)
        self._web = await self._start_web(port)

    async def _start_speech(self, number: int, port: int) -> tuple[Process, int]:
        self._seed += 1
        # The second endpoint is better than the first.
        share = self.share / (1 + number)
        return await _start(self._module, str(port), str(self._seed), str(share))

    async def _start_web(self, port: int) -> tuple[Process, int]:
        return await _start("tests.chaos.web", str(port), str(self.begun))


async def until(condition: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Wait for what another process does, and nobody tells.

    Raises:
        TimeoutError: It did not.
    """
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  # as said
            await asyncio.sleep(0.02)


async def _start(*arguments: str) -> tuple[Process, int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, stdout=PIPE, cwd=CHECKOUT
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
    assert line.startswith(b"listening on "), f"{arguments} did not start"
    return process, int(line.rpartition(b":")[2])
