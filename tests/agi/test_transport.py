"""What carries the channel's bytes."""

from __future__ import annotations

import asyncio
import os

from ivr_agi.agi.transport import Pipes


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
