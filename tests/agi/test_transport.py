"""What carries the channel's bytes, and giving back file descriptors."""

from __future__ import annotations

import asyncio
import os

import pytest

from ivr_agi.agi.transport import Pipes, release_fd


async def test_pipes() -> None:
    """What comes is given, its end too; readable with nothing there is no end."""
    stdin, replies = os.pipe()
    commands, stdout = os.pipe()
    got: list[bytes] = []
    pipes = Pipes(stdin, stdout)
    pipes.listen(got.append)
    pipes._on_readable(got.append)
    assert got == []
    pipes.write(b"ANSWER\n")
    assert os.read(commands, 100) == b"ANSWER\n"
    os.write(replies, b"200 result=0\n")
    os.close(replies)
    await asyncio.sleep(0.01)
    assert got == [b"200 result=0\n", b""]
    pipes.close()
    assert os.read(commands, 100) == b""
    os.close(commands)


def test_other_fds_are_closed() -> None:
    """A pipe's end is gone, and a second call does no harm."""
    read_fd, write_fd = os.pipe()
    release_fd(write_fd)
    assert os.read(read_fd, 1) == b""
    release_fd(write_fd)
    os.close(read_fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(write_fd)


def test_standard_fds_become_dev_null() -> None:
    """The other end sees the end, and what is opened next does not become standard input."""
    saved = os.dup(0)
    read_fd, write_fd = os.pipe()
    try:
        os.dup2(read_fd, 0)
        os.close(read_fd)
        release_fd(0)
        with pytest.raises(BrokenPipeError):
            os.write(write_fd, b"x")
        assert os.read(0, 1) == b""
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(write_fd)
