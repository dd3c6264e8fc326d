"""Giving back file descriptors."""

from __future__ import annotations

import os

import pytest

from ivr_agi.agi.fds import release_fd


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
