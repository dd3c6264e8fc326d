"""What tests of the channel share: pipes without Asterisk, a prompt that plays, being in step."""

from __future__ import annotations

import asyncio
import os

from ivr_agi.agi.channel import AgiChannel, Playback
from tests.agi.fake_asterisk import FakeAsterisk


class BarePipes:
    """Both pipes without anybody behind them: the test is Asterisk."""

    def __init__(self) -> None:
        self.stdin_fd, self.reply_fd = os.pipe()
        self.command_fd, self.stdout_fd = os.pipe()
        for fd in (self.reply_fd, self.command_fd):
            os.set_blocking(fd, False)

    def write(self, data: bytes) -> None:
        os.write(self.reply_fd, data)

    def answer_fence(self) -> None:
        token = os.read(self.command_fd, 4096).split(b'"')[-2]
        self.write(b"200 result=1 (" + token + b")\n")

    async def open_channel(self) -> AgiChannel:
        opening = asyncio.create_task(
            AgiChannel.open(stdin_fd=self.stdin_fd, stdout_fd=self.stdout_fd)
        )
        self.write(b"\n")
        await asyncio.sleep(0.01)
        self.answer_fence()
        return await opening


async def playing(channel: AgiChannel, name: str = "long") -> asyncio.Task[Playback]:
    """Start to play and give Asterisk the time to begin."""
    task = asyncio.create_task(channel.stream_file(name))
    await asyncio.sleep(0.02)
    return task


async def in_step(channel: AgiChannel, asterisk: FakeAsterisk) -> bool:
    """True if every command gets its own reply."""
    asterisk.variables |= {"A": "1", "B": "2"}
    return [await channel.get_variable(name) for name in "ABA"] == ["1", "2", "1"]
