"""``ivr-agi bench launch``: from Asterisk's ``fork()`` to the first sound, and what it costs.

Three programs, each started as ``EAGI()`` starts it, by turns: the launcher beside a warm server,
``ivr-agi call`` (the launcher's way without a server), and the plain script. Each gets one call,
which is hung up on as soon as its prompt is heard. Shell.
"""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.command import benchmark_parser, run_benchmark
from ivr_agi.audio.frames import FRAME_S
from ivr_agi.bench.calls import a_site
from ivr_agi.bench.processes import cpu_seconds
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.cli.bench.common import check_positive, say
from ivr_agi.errors import IvrError
from ivr_agi.serve.install import install_launcher, launcher_text
from ivr_agi.settings import load_settings
from ivr_agi.simulator.asterisk import EagiSession
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.sound_folder import SoundFolder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ivr_agi.bench.calls import Site

__all__ = ("Launched", "launch", "main", "run_launches")

WARM_UP = 3
"""Launches that do not count: files come from the disk."""
PAUSE_S = 0.05
CLOSE_S = 5.0


@dataclass
class Launched:
    """Times and costs of launching one program."""

    first_ms: list[float] = field(default_factory=list)
    """From the start of the process to the first byte of its first command."""
    sound_ms: list[float] = field(default_factory=list)
    """From there to the first frame of the prompt."""
    cpu_ms: list[float] = field(default_factory=list)
    """Processor time of the process, to its end."""
    server_ms: float = 0.0
    """Processor time of the server for each."""


async def run_launches(n_launches: int, say: Callable[[str], None]) -> list[Row]:
    """Launch each so often, and give the rows.

    Raises:
        IvrError: A program did not start, or said nothing.
    """
    async with a_site() as site:
        programs = await asyncio.to_thread(_programs, site)
        await asyncio.to_thread(_build_prompts, site)
        found = {name: Launched() for name in programs}
        for number in range(n_launches + WARM_UP):
            for name, argv in programs.items():
                before = cpu_seconds(site.server_pid)
                first_ms, sound_ms, cpu_ms = await asyncio.to_thread(launch, argv, site.folder)
                await asyncio.sleep(PAUSE_S)  # for the server to be done with it
                if number >= WARM_UP:
                    found[name].first_ms.append(first_ms)
                    found[name].sound_ms.append(sound_ms)
                    found[name].cpu_ms.append(cpu_ms)
                    found[name].server_ms += 1000 * (cpu_seconds(site.server_pid) - before)
        say(f"{n_launches} launches of each")
    return _rows(found, n_launches)


def _rows(found: dict[str, Launched], n_launches: int) -> list[Row]:
    ours, whole, plain = found["launcher"], found["process"], found["plain"]
    return [
        row("launch_to_command", "ms", ours.first_ms,
            meaning="EAGI starts the launcher, until the server's first AGI command is there",
            baseline=plain.first_ms),
        row("launch_to_command_process", "ms", whole.first_ms,
            meaning="the same without a server: ivr-agi call in a process of its own",
            baseline=plain.first_ms),
        row("launch_to_sound", "ms", ours.sound_ms, Target(p50=60),
            "EAGI starts the launcher, until the first frame of a cached prompt is heard",
            baseline=plain.sound_ms),
        row("launch_to_sound_process", "ms", whole.sound_ms,
            meaning="the same without a server", baseline=plain.sound_ms),
        row("launcher_cpu", "ms", ours.cpu_ms, Target(p50=15),
            "processor time of the launcher", baseline=plain.cpu_ms),
        row("launch_server_cpu", "ms", [ours.server_ms / n_launches],
            meaning="of the server for such a call, to its end (in steps of 10 ms, averaged)"),
        row("process_cpu", "ms", whole.cpu_ms,
            meaning="processor time of the whole process, to its end", baseline=plain.cpu_ms),
    ]  # fmt: skip


def _build_prompts(site: Site) -> None:
    """Put the prompt into the cache: each caller hangs up before it has all arrived."""
    config = str(site.folder / "ivr-agi.toml")
    command = [sys.executable, "-m", "ivr_agi", "prompts", "build", "bench", "--config", config]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise IvrError(f"the prompt cannot be built: {done.stderr.strip() or done.stdout.strip()}")


def _programs(site: Site) -> dict[str, list[str]]:
    config = str(site.folder / "ivr-agi.toml")
    package = [sys.executable, "-m", "ivr_agi", "call", "--config", config]
    (site.folder / "agi-bin").mkdir()
    text = launcher_text(load_settings(config), package[:4])
    launcher = install_launcher(site.folder / "agi-bin", text)
    (site.folder / "prompt.sln").write_bytes(bytes(16000))
    url = site.service.greeting.split()[-1]
    script = [sys.executable, "-m", "ivr_agi.bench.baseline"]
    return {
        "launcher": [str(launcher), "bench"],
        "process": [*package, "bench"],
        "plain": [*script, url, str(site.folder / "prompt"), "1"],
    }


def launch(argv: list[str], folder: Path) -> tuple[float, float, float]:
    """Start a program as Asterisk does, and hang up on it once its prompt is heard. Blocks.

    Returns:
        Until its first command, until the first frame, and its processor time, all ms.

    Raises:
        IvrError: It said nothing.
    """
    os.sched_setaffinity(0, range(os.cpu_count() or 1))  # of this thread, and of what it starts
    script_stdin, stdin = os.pipe()
    stdout, script_stdout = os.pipe()
    script_audio, audio = os.pipe()
    session = EagiSession(IncomingCall(arguments=tuple(argv[1:])), SoundFolder(folder))
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        session.start(time.monotonic())
        os.write(stdin, session.data_to_send())
        began = time.monotonic()
        pid = os.posix_spawn(
            argv[0],
            argv,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, fd, number)
                for number, fd in (
                    (0, script_stdin),
                    (1, script_stdout),
                    (2, null),
                    (3, script_audio),
                )
            ],
        )
        for fd in (script_stdin, script_stdout, script_audio):
            os.close(fd)
        data = os.read(stdout, 4096)
        first_ms = 1000 * (time.monotonic() - began)
        data = _converse(session, stdin, stdout, data)
        # Asterisk sends frames every 20 ms: that of the prompt goes out with the next one.
        frames = math.ceil((time.monotonic() - began) / FRAME_S)
        sound_ms = 1000 * FRAME_S * frames
        _hang_up(session, stdin, stdout, data)
        _, _, used = os.wait4(pid, 0)
    finally:
        for fd in (stdin, stdout, audio, null):
            os.close(fd)
    if not data:
        raise IvrError(f"{argv[0]} said nothing")
    return first_ms, sound_ms, 1000 * (used.ru_utime + used.ru_stime)


def _converse(session: EagiSession, stdin: int, stdout: int, data: bytes) -> bytes:
    """Answer until a prompt is played; return what came last, empty where nothing more came."""
    while data:
        session.receive_data(data, time.monotonic())
        if any(event.kind is CallEventKind.PLAYBACK_STARTED for event in session.take_events()):
            return data
        os.write(stdin, session.data_to_send())
        data = os.read(stdout, 4096)
    return data


def _hang_up(session: EagiSession, stdin: int, stdout: int, data: bytes) -> None:
    """Answer to the end: the channel is dead, and the script may still set variables."""
    session.hang_up(time.monotonic())
    while data:
        try:
            os.write(stdin, session.data_to_send())
        except BrokenPipeError:
            return
        data = os.read(stdout, 4096)
        session.receive_data(data, time.monotonic())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("launch")
    parser.add_argument(
        "--launches",
        type=int,
        default=50,
        metavar="N",
        help="launches of each program (%(default)s)",
    )
    return run_benchmark(parser, _measure_asked, argv)


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "launches")
    return asyncio.run(run_launches(args.launches, say))


if __name__ == "__main__":
    sys.exit(main())
