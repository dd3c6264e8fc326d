"""A growing file: who waits, what is whole."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import threading
import weakref
from pathlib import Path

import pytest

from ivr_agi.dialogue.prompt.file import MAX_UNWRITTEN_BYTES, PromptFile
from ivr_agi.errors import SpeechUnavailable
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.virtual_time


async def test_it_grows(tmp_path: Path) -> None:
    """Whoever waits is told; half samples are not counted, and are filled up at the end."""
    file = PromptFile.create(tmp_path / "a.sln")
    waiting = asyncio.create_task(file.wait_for(2))
    await file.append(b"\1\0\2")
    await asyncio.sleep(0)
    assert (file.n_samples, waiting.done()) == (1, False)
    await file.pad()
    await waiting
    await file.pad()
    file.finish()
    assert (file.n_samples, file.complete) == (2, True)
    assert (tmp_path / "a.sln").read_bytes() == b"\1\0\2\0"
    assert file.name == str(tmp_path / "a")


async def test_it_breaks_off(tmp_path: Path) -> None:
    """The error comes to whoever waits, now or later."""
    file = PromptFile.create(tmp_path / "a.sln", mode=0o640)
    await file.begin()
    file.finish(SpeechUnavailable("broke"))
    with pytest.raises(SpeechUnavailable):
        await file.wait_for(1)
    assert (tmp_path / "a.sln").stat().st_mode & 0o777 == 0o640 & ~_umask()


async def test_a_disk_that_takes_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is written again."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data)[:3]))
    file = PromptFile.create(tmp_path / "a.sln")
    await file.append(b"12345678")
    file.finish()
    assert (tmp_path / "a.sln").read_bytes() == b"12345678"


class StuckDisk:
    """``os.write`` that waits until the disk goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_stuck, self.goes_on = threading.Event(), threading.Event()
        self._write = os.write
        monkeypatch.setattr(os, "write", self)

    def __call__(self, fd: int, data: bytes) -> int:
        self.is_stuck.set()
        self.goes_on.wait(PATIENCE_S)
        return self._write(fd, data)


@pytest.mark.real_time  # threads
async def test_a_slow_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop goes on; samples count when they are written, and not before."""
    file = PromptFile.create(tmp_path / "a.sln")
    await file.begin()
    disk = StuckDisk(monkeypatch)
    writing = asyncio.create_task(file.append(b"\1\0"))
    await asyncio.to_thread(disk.is_stuck.wait)
    assert (file.n_samples, file.has(1), file.pcm()) == (0, False, b"")
    disk.goes_on.set()
    await file.wait_for(1)
    await writing
    file.finish()
    assert (tmp_path / "a.sln").read_bytes() == b"\1\0"


@pytest.mark.real_time  # threads
async def test_it_is_given_up_while_the_disk_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the write; when it ends, the fd is closed and the file removed."""
    file = PromptFile.create(tmp_path / "a.sln")
    await file.begin()
    fds = await asyncio.to_thread(os.listdir, "/proc/self/fd")
    disk = StuckDisk(monkeypatch)
    writing = asyncio.create_task(file.append(b"\1\0"))
    await asyncio.to_thread(disk.is_stuck.wait)
    writing.cancel()
    await asyncio.wait([writing])
    file.finish(SpeechUnavailable("given up"))
    with pytest.raises(OSError, match="nothing can be added"):
        await file.append(b"\2\0")
    disk.goes_on.set()
    async with asyncio.timeout(PATIENCE_S):
        while (tmp_path / "a.sln").exists():  # noqa: ASYNC110  # a thread's doing
            await asyncio.sleep(0.01)
        while len(await asyncio.to_thread(os.listdir, "/proc/self/fd")) >= len(fds):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.real_time  # threads
async def test_chunks_that_come_together_are_written_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrives while the disk is busy waits for one write; nobody waits for that."""
    file = PromptFile.create(tmp_path / "a.sln")
    await file.begin()
    written: list[bytes] = []
    disk = StuckDisk(monkeypatch)

    def write(fd: int, data: bytes) -> int:
        written.append(bytes(data))
        return disk(fd, data)

    monkeypatch.setattr(os, "write", write)
    await file.feed(b"\1\0")
    await asyncio.to_thread(disk.is_stuck.wait)
    for _ in range(3):
        await file.feed(b"\2\0")
    disk.goes_on.set()
    await file.flush()
    file.finish()
    assert (written, file.n_samples) == ([b"\1\0", b"\2\0" * 3], 4)


@pytest.mark.real_time  # threads
async def test_whoever_feeds_a_slower_disk_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory does not fill up with what is not written."""
    file = PromptFile.create(tmp_path / "a.sln")
    disk = StuckDisk(monkeypatch)
    await file.feed(b"\1\0")
    await asyncio.to_thread(disk.is_stuck.wait)
    feeding = asyncio.create_task(file.feed(bytes(MAX_UNWRITTEN_BYTES + 2)))
    await asyncio.sleep(0)
    assert not feeding.done()
    disk.goes_on.set()
    await feeding
    assert file.n_samples == MAX_UNWRITTEN_BYTES // 2 + 2


@pytest.mark.parametrize("call", ["feed", "append", "flush", "pad"])
async def test_a_disk_that_fails(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told at the next call, and at each one after it; a file that is over stays so."""

    def fail(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = PromptFile.create(tmp_path / "a.sln")
    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(OSError, match="No space"):
        await file.append(b"\1\0")
    with pytest.raises(OSError, match="No space"):
        await (
            getattr(file, call)(b"\1\0") if call in {"feed", "append"} else getattr(file, call)()
        )
    assert file.n_samples == 0


async def test_where_it_ended_before(tmp_path: Path) -> None:
    """At one of the lengths that it had; a whole one has one."""
    file = PromptFile.create(tmp_path / "a.sln")
    for n_bytes in (1600, 1601, 799):
        await file.append(bytes(n_bytes))
    assert [file.end_near(n_samples) for n_samples in (0, 1100, 1300, 9000)] == [
        800,
        800,
        1600,
        2000,
    ]
    file.finish()
    assert PromptFile(tmp_path / "a.sln", n_samples=2000, complete=True).end_near(3) == 2000


async def test_its_samples(tmp_path: Path) -> None:
    """Of one that grows, a whole one, a recording; one that is gone has none."""
    file = PromptFile.create(tmp_path / "a.sln")
    pcm = file.pcm()
    await file.append(b"\1\0")
    file.finish()
    assert pcm == b"\1\0"
    whole = PromptFile(tmp_path / "a.sln", n_samples=1, complete=True)
    assert (whole.pcm(), whole.pcm()) == (b"\1\0", b"\1\0")
    beep = PromptFile.recorded("custom/beep.v2", b"\2\0\3\0")
    assert (beep.name, beep.pcm(), beep.n_samples) == ("custom/beep.v2", b"\2\0\3\0", 2)
    assert PromptFile(tmp_path / "gone.sln", n_samples=1, complete=True).pcm() == b""


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_calls_share_the_samples_of_a_cached_prompt(tmp_path: Path) -> None:
    """They are in memory once while somebody plays them, and not after that."""
    path = tmp_path / "abc.sln"
    path.write_bytes(b"\1\0" * 100)
    files = [PromptFile(path, n_samples=100, complete=True) for _ in range(2)]
    playing = [file.pcm() for file in files]
    assert playing[0] is playing[1]
    assert bytes(playing[0]) == b"\1\0" * 100
    known = weakref.ref(playing[0])
    playing.clear()
    gc.collect()
    assert known() is None


async def test_a_folder_that_was_cleared_away_is_made_again(tmp_path: Path) -> None:
    """The call that comes next is not lost with it."""
    file = PromptFile.create(tmp_path / "gone" / "x.sln")
    await file.begin()
    await file.append(bytes(320))
    file.finish()
    assert (tmp_path / "gone" / "x.sln").stat().st_size == 320
