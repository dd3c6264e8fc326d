"""Processes of a benchmark: each on a core of its own, and what it used. Asyncio shell, Linux."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import SpeechUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

__all__ = (
    "Peer",
    "children",
    "cores",
    "cpu_seconds",
    "machine",
    "memory_kb",
    "peer",
    "pinned",
    "private_kb",
    "speech_server",
    "started",
)

START_TIMEOUT_S = 30.0
_ANSWER_TIMEOUT_S = 60.0
MAX_LINE = 1 << 28
"""Bytes: hundreds of thousands of samples in one line of JSON."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int, int]:
    """One core for what is measured, one for what drives it; the same where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def machine() -> str:
    """One line on what this runs on."""
    model = ""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    count = len(os.sched_getaffinity(0))
    return f"{model or platform.machine()}, {count} cores, Python {platform.python_version()}"


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and of its living descendants, user and system."""
    with contextlib.suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        fields = stat.rpartition(")")[2].split()
        own = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
        return own + sum(cpu_seconds(child) for child in children(pid))
    return 0.0


def children(pid: int) -> list[int]:
    """Processes that a process has started and that still live."""
    with contextlib.suppress(OSError):
        path = Path(f"/proc/{pid}/task/{pid}/children")
        return [int(child) for child in path.read_text(encoding="ascii").split()]
    return []


def memory_kb(pid: int) -> float:
    """Resident memory of a process, KB."""
    with contextlib.suppress(OSError):
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE") / 1024
    return 0.0


def private_kb(pid: int) -> float:
    """Memory that a process shares with no other, KB."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return sum(float(line.split()[1]) for line in lines if line.startswith("Private_"))
    return 0.0


@contextlib.contextmanager
def pinned(core: int):  # type: ignore[no-untyped-def]  # a generator of nothing
    """This process on one core; what it starts meanwhile stays there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@asynccontextmanager
async def started(
    core: int, *arguments: str, pass_fds: Sequence[int] = (), stdin: int | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """``python -m ...`` on a core, killed at the end."""
    with pinned(core):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            stdin=stdin,
            stdout=PIPE,
            pass_fds=pass_fds,
            limit=MAX_LINE,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@asynccontextmanager
async def speech_server(core: int, *options: str) -> AsyncIterator[tuple[str, int]]:
    """``ivr-agi speech-server`` on a core: its URL and its pid.

    Raises:
        SpeechUnavailable: It did not start; its own words are on standard error.
    """
    arguments = ("ivr_agi", "speech-server", "--port", "0", *options)
    async with started(core, *arguments) as process:
        assert process.stdout is not None  # started with a pipe
        line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)
        if not line.startswith(b"listening on "):
            raise SpeechUnavailable("the speech server did not start")
        yield line.split()[-1].decode(), process.pid


class Peer:
    """A process that answers each line of JSON with another; made by :func:`peer`."""

    def __init__(self, process: asyncio.subprocess.Process, greeting: str) -> None:
        self.pid = process.pid
        self.greeting = greeting
        """The first line it printed."""
        self._process = process

    async def ask(self, **command: object) -> dict[str, Any]:
        """Send a command and wait for the answer.

        Raises:
            TimeoutError: There is none in a minute.
            ValueError: The process has ended.
        """
        assert self._process.stdin is not None  # started with pipes
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            line = await self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def peer(core: int, *arguments: str) -> AsyncIterator[Peer]:
    """``python -m ...`` on a core, which says a line and then answers commands."""
    async with started(core, *arguments, stdin=PIPE) as process:
        assert process.stdout is not None  # started with a pipe
        line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)
        if not line:
            raise SpeechUnavailable(f"{arguments[0]} did not start")
        yield Peer(process, line.decode().strip())
