"""What is done to the disk and to the processes of an installation while calls are on."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.chaos.site import Site

Trouble = Callable[[Site, random.Random], Awaitable[None]]
"""Takes back what it has done before it returns."""


# The disk.


async def clear_prompts(site: Site, dice: random.Random) -> None:
    """Somebody cleans up."""
    await asyncio.to_thread(shutil.rmtree, site.spool / "prompts", ignore_errors=True)


async def clear_spool(site: Site, dice: random.Random) -> None:
    """Somebody cleans up thoroughly."""

    def clear() -> None:
        for path in site.spool.iterdir():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()

    with contextlib.suppress(OSError):
        await asyncio.to_thread(clear)


async def make_read_only(site: Site, dice: random.Random) -> None:
    """The disk had errors."""
    if site.has_disk:
        await asyncio.to_thread(_remount, site.spool, "ro")
        await asyncio.sleep(dice.uniform(1, 4))
        await asyncio.to_thread(_remount, site.spool, "rw")


async def fill_disk(site: Site, dice: random.Random) -> None:
    """No space is left."""
    if site.has_disk:
        big = site.spool / "big"
        await asyncio.to_thread(_fill, big)
        await asyncio.sleep(dice.uniform(1, 4))
        await asyncio.to_thread(big.unlink, missing_ok=True)


async def put_a_file_there(site: Site, dice: random.Random) -> None:
    """The folder of the prompts is none."""
    prompts = site.spool / "prompts"
    await asyncio.to_thread(shutil.rmtree, prompts, ignore_errors=True)
    with contextlib.suppress(OSError):
        prompts.write_text("no folder")
    await asyncio.sleep(dice.uniform(0.5, 2))
    with contextlib.suppress(OSError):
        prompts.unlink()


async def rotate_journal(site: Site, dice: random.Random) -> None:
    """As logrotate does."""
    number = len(list(site.folder.glob("journal.jsonl*")))
    with contextlib.suppress(FileNotFoundError):
        (site.folder / "journal.jsonl").rename(site.folder / f"journal.jsonl.{number}")


async def break_flow(site: Site, dice: random.Random) -> None:
    """Somebody saves a file that is not finished."""
    flow = site.folder / "flows/plain.yaml"
    text = flow.read_text()
    flow.write_text(text[: dice.randrange(len(text))])
    await asyncio.sleep(dice.uniform(0.5, 4))
    flow.write_text(text)


async def touch_flows(site: Site, dice: random.Random) -> None:
    """All are changed at once."""
    for flow in (site.folder / "flows").glob("*.yaml"):
        flow.touch()


async def break_settings(site: Site, dice: random.Random) -> None:
    """Somebody reloads what is wrong."""
    site.write_settings(dice.choice(("[[[", "[speech]\nurl = 7\n[speech]", "colour = 'blue'")))
    await reload(site, dice)
    await asyncio.sleep(1)
    site.write_settings()
    await reload(site, dice)


# Processes.


async def kill_worker(site: Site, dice: random.Random) -> None:
    """One dies."""
    if workers := site.workers:
        _kill(dice.choice(workers))


async def kill_all_workers(site: Site, dice: random.Random) -> None:
    """All die."""
    for worker in site.workers:
        _kill(worker)


async def stop_worker(site: Site, dice: random.Random) -> None:
    """One stands still for a moment, as on a machine that swaps."""
    if workers := site.workers:
        await site.stop_process(dice.choice(workers), dice.uniform(0.2, 3))


async def stop_worker_for_long(site: Site, dice: random.Random) -> None:
    """One hangs."""
    if workers := site.workers:
        await site.stop_process(dice.choice(workers), 13)


async def kill_parent(site: Site, dice: random.Random) -> None:
    """The parent dies, and is started again."""
    await site.stop_server(signal.SIGKILL)
    await asyncio.sleep(dice.uniform(0, 1))
    await site.start_server()


async def stop_parent(site: Site, dice: random.Random) -> None:
    """The parent stands still: nobody looks after the workers."""
    assert site.server is not None
    await site.stop_process(site.server.pid, dice.uniform(1, 5))


async def reload(site: Site, dice: random.Random) -> None:
    """``systemctl reload``."""
    assert site.server is not None
    with contextlib.suppress(ProcessLookupError):
        site.server.send_signal(signal.SIGHUP)


async def restart(site: Site, dice: random.Random) -> None:
    """``systemctl restart``."""
    await site.stop_server(signal.SIGTERM)
    await site.start_server()


async def kill_speech(site: Site, dice: random.Random) -> None:
    """A speech service dies, and comes back."""
    await site.restart_speech(dice.randrange(2), dice.uniform(0, 3))


async def stop_speech(site: Site, dice: random.Random) -> None:
    """A speech service stands still."""
    pid = dice.choice(site.speech_pids)
    _signal(pid, signal.SIGSTOP)
    await asyncio.sleep(dice.uniform(1, 8))
    _signal(pid, signal.SIGCONT)


async def kill_web(site: Site, dice: random.Random) -> None:
    """The HTTP service dies, and comes back."""
    await site.restart_web(dice.uniform(0, 2))


def _kill(pid: int) -> None:
    _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _remount(folder: Path, how: str) -> None:
    for _ in range(50):  # busy while a file is open for writing
        command = ["mount", "-o", f"remount,{how}", str(folder)]
        if not subprocess.run(command, capture_output=True, check=False).returncode:
            return


def _fill(file: Path) -> None:
    try:
        with file.open("wb", buffering=0) as big:
            while True:
                big.write(bytes(1 << 16))
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EROFS):
            raise
