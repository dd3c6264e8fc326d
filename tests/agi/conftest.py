"""A call in a fake Asterisk, and pipes without one."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest

from ivr_agi.agi.channel import AgiChannel
from tests.agi.calls import BarePipes
from tests.agi.fake_asterisk import FakeAsterisk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture
def asterisk() -> Iterator[FakeAsterisk]:
    """A call in a fake Asterisk."""
    with FakeAsterisk() as fake:
        yield fake


@pytest.fixture
async def channel(asterisk: FakeAsterisk) -> AsyncIterator[AgiChannel]:
    """The channel of that call."""
    async with await AgiChannel.open(
        stdin_fd=asterisk.stdin_fd, stdout_fd=asterisk.stdout_fd
    ) as opened:
        yield opened


@pytest.fixture
def pipes() -> Iterator[BarePipes]:
    """Pipes whose other ends the test holds."""
    bare = BarePipes()
    yield bare
    for fd in (bare.reply_fd, bare.command_fd):
        with contextlib.suppress(OSError):
            os.close(fd)
