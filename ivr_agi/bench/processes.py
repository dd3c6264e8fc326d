"""Processes of a benchmark: each on a core of its own, and what it used. Asyncio shell, Linux."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.errors import SpeechUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

__all__ = ("cores", "cpu_seconds", "machine", "pinned", "speech_server", "started")

START_TIMEOUT_S = 30.0
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
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return own + sum(cpu_seconds(int(child)) for child in children.split())
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
    core: int, *arguments: str, pass_fds: Sequence[int] = ()
) -> AsyncIterator[asyncio.subprocess.Process]:
    """``python -m ...`` on a core, killed at the end."""
    with pinned(core):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *arguments, stdout=PIPE, pass_fds=pass_fds
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
