"""Simulated channels: a plain program for each or a server for all, and what is counted."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr_agi.bench import callers
from ivr_agi.bench.processes import cores
from ivr_agi.serve.launcher import GREETING
from tests.bench.inside import Inside, inside
from tests.patience import PATIENCE_S

PROGRAM = """\
import os, sys, time
while sys.stdin.readline().strip(): pass
print("STREAM FILE {sound} 0 0", flush=True); assert "endpos=800" in sys.stdin.readline()
print("STREAM FILE {sound} 0 0", flush=True); time.sleep(0.03)
print("NOOP", flush=True); sys.stdin.readline()
print("SET VARIABLE IVR_STATUS DONE", flush=True); sys.stdin.readline()
data = b""
while len(data) < 320 * 5: data += os.read(3, 320)
"""


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inside]:
    """All channels."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with inside(callers, callers.main, monkeypatch) as process:
        yield process
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_calls_with_a_process_each(process: Inside, tmp_path: Path) -> None:
    """Sounds last their time, a command stops them, audio comes; one more call for one ended."""
    (tmp_path / "sound.sln").write_bytes(bytes(1600))
    program = PROGRAM.format(sound=tmp_path / "sound")
    assert process.greeting == "ready"
    how = {"program": [sys.executable, "-c", program], "core": cores()[0], "again": 1}
    found = await process.ask(calls=2, arguments=[], ramp_per_s=200, **how)
    assert found["calls"] == 0
    total = {"ended": 0, "frames": 0, "stops": 0, "first": 0}
    async with asyncio.timeout(PATIENCE_S):
        while total["ended"] < 3:
            await asyncio.sleep(0.1)
            found = await process.ask()
            total["ended"] += found["ended"]
            total["frames"] += found["frames"]
            total["stops"] += len(found["stops"])
            total["first"] += len(found["first_command_ms"])
            assert set(found["statuses"]) <= {"DONE"}
    assert total["stops"] == total["first"] == 3
    assert total["frames"] >= 15


async def test_nobody_takes_a_call(process: Inside, tmp_path: Path) -> None:
    """No server at all."""
    how = {"socket": str(tmp_path / "none"), "greeting": "x", "arguments": []}
    await process.ask(calls=2, ramp_per_s=200, **how)
    refused = 0
    while refused < 2:
        refused += (await process.ask())["refused"]


@pytest.mark.parametrize("answer", [b"+", b"-busy"])
async def test_a_server_for_all(process: Inside, tmp_path: Path, answer: bytes) -> None:
    """It gets the launcher's words and the pipes; what it refuses is counted."""
    path = tmp_path / "socket"
    words: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> bytes:
            connection, _ = server.accept()
            data, fds, _, _ = socket.recv_fds(connection, 4096, 3)
            words.extend(data.decode().split("\0"))
            connection.send(answer)
            audio = os.read(fds[2], 320)
            for fd in fds:
                os.close(fd)
            connection.close()
            return audio

        serving = asyncio.create_task(asyncio.to_thread(serve))
        how = {"socket": str(path), "greeting": GREETING.decode(), "arguments": ["flow"]}
        await process.ask(calls=1, ramp_per_s=200, **how)
        assert len(await serving) == 320
    assert words == [GREETING.decode(), "flow"]
    counted = {"ended": 0, "refused": 0}
    async with asyncio.timeout(PATIENCE_S):
        while not counted["ended"]:
            report = await process.ask()
            counted = {key: counted[key] + report[key] for key in counted}
    assert counted["refused"] == (0 if answer == b"+" else 1)


LISTENER = """\
import sys
while sys.stdin.readline().strip(): pass
print("STREAM FILE {sound} 0 0", flush=True); assert "result=-1" in sys.stdin.readline()
"""


@pytest.mark.parametrize("by_itself", [True, False])
async def test_callers_hang_up(process: Inside, tmp_path: Path, by_itself: bool) -> None:
    """After their time, or when they are told to; what plays is ended."""
    (tmp_path / "sound.sln").write_bytes(bytes(16 * 60_000))
    program = LISTENER.format(sound=tmp_path / "sound")
    how = {"program": [sys.executable, "-c", program], "core": cores()[0]}
    if by_itself:
        how["hang_up_after_s"] = 0.05
    await process.ask(calls=1, arguments=[], ramp_per_s=200, **how)
    ended = 0
    async with asyncio.timeout(PATIENCE_S):
        while not ended:
            ended += (await process.ask(**({} if by_itself else {"hang_up": 1})))["ended"]
    assert ended == 1
