"""The sizes of a call's pipes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import socket
from pathlib import Path

import pytest

from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.serve.pipes import AUDIO_BYTES, LINES_BYTES, fit_pipes

BUDGET = int(Path("/proc/sys/fs/pipe-user-pages-soft").read_text(encoding="ascii"))


def size(fd: int) -> int:
    """Of a pipe, in bytes."""
    return fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ)


def test_sizes() -> None:
    """Commands and replies give room back; audio that was given too little gets more."""
    with contextlib.ExitStack() as stack:
        pipes = [os.pipe() for _ in range(3)]
        for fd in (fd for pipe in pipes for fd in pipe):
            stack.callback(os.close, fd)
        (replies, _), (_, commands), (audio, _) = pipes
        fcntl.fcntl(audio, fcntl.F_SETPIPE_SZ, 8192)
        assert fit_pipes((replies, commands, audio)) == AUDIO_BYTES
        assert [size(fd) for fd in (replies, commands, audio)] == [
            LINES_BYTES,
            LINES_BYTES,
            AUDIO_BYTES,
        ]


def test_what_is_in_them_stays() -> None:
    """Asterisk may have written already."""
    read, write = os.pipe()
    with open(read, "rb") as reader, open(write, "wb", buffering=0) as writer:
        writer.write(b"x" * 20_000)
        fit_pipes((read, write, read))
        assert reader.read(20_000) == b"x" * 20_000


def test_sockets() -> None:
    """Have no such size."""
    here, there = socket.socketpair()
    with here, there:
        assert fit_pipes((here.fileno(), here.fileno(), there.fileno())) == 0


@pytest.mark.parametrize(("size", "n_frames"), [(AUDIO_BYTES, 192), (8192, 24)])
def test_how_long_a_server_may_stand_still(size: int, n_frames: int) -> None:
    """Well above 2 s; half a second where the kernel's budget is used up."""
    read, write = os.pipe()
    with open(read, "rb"), open(write, "wb", buffering=0) as writer:
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, size)
        os.set_blocking(write, False)
        found = 0
        while writer.write(bytes(FRAME_BYTES)) is not None:
            found += 1
        assert found == n_frames


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user with a budget")
@pytest.mark.skipif(BUDGET != 16384, reason=f"fs.pipe-user-pages-soft is {BUDGET}, not 16384")
def test_the_budget() -> None:
    """A user's pipes become small above 341 calls; with ours shrunk, above twice as many."""
    pid = os.fork()
    if pid == 0:
        os.setuid(54321)
        os._exit(_calls_until_small() // 10)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) >= 80


def _calls_until_small() -> int:
    """How many calls of three pipes each a user can have, with these pipes fitted."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    n_calls = 0
    while n_calls < 1000:
        pipes = [os.pipe() for _ in range(3)]
        if size(pipes[2][0]) < AUDIO_BYTES:
            break
        fit_pipes((pipes[0][0], pipes[1][1], pipes[2][0]))
        n_calls += 1
    return n_calls
