"""Simulated channels in a process: a plain program for each, and what is counted."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ivr_agi.bench.processes import cores, peer
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


async def test_calls_with_a_process_each(tmp_path: Path) -> None:
    """Sounds last their time, a command stops them, audio comes; one more call for one ended."""
    (tmp_path / "sound.sln").write_bytes(bytes(1600))
    program = PROGRAM.format(sound=tmp_path / "sound")
    async with peer(cores()[1], "ivr_agi.bench.callers") as callers:
        assert callers.greeting == "ready"
        how = {"program": [sys.executable, "-c", program], "core": cores()[0], "again": 1}
        found = await callers.ask(calls=2, arguments=[], ramp_per_s=200, **how)
        assert found["calls"] == 0
        total = {"ended": 0, "frames": 0, "stops": 0, "first": 0}
        async with asyncio.timeout(PATIENCE_S):
            while total["ended"] < 3:
                await asyncio.sleep(0.1)
                found = await callers.ask()
                total["ended"] += found["ended"]
                total["frames"] += found["frames"]
                total["stops"] += len(found["stops"])
                total["first"] += len(found["first_command_ms"])
                assert set(found["statuses"]) <= {"DONE"}
    assert total["stops"] == total["first"] == 3
    assert total["frames"] >= 15


async def test_nobody_takes_a_call(tmp_path: Path) -> None:
    """No server at all."""
    async with peer(cores()[1], "ivr_agi.bench.callers") as callers:
        how = {"socket": str(tmp_path / "none"), "greeting": "x", "arguments": []}
        await callers.ask(calls=2, ramp_per_s=200, **how)
        await asyncio.sleep(0.1)
        assert (await callers.ask())["refused"] == 2
