"""Functions are found in modules, also beside the flows."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.run.invoke import Invoker

CODE = """\
import asyncio
def add(a, b): return a + b
async def wait(a):
    await asyncio.sleep(0)
    return a
"""


async def test_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain ones and coroutine functions; what is not there is told."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    await asyncio.to_thread((tmp_path / "flow_test_mine.py").write_text, CODE)
    invoke = Invoker(tmp_path)
    assert await invoke("flow_test_mine:add", {"a": 1, "b": 2}) == 3
    assert await invoke("flow_test_mine:wait", {"a": 1}) == 1
    for name in ("flow_test_mine:none", "flow_test_none:x"):
        with pytest.raises(FlowError, match="there is no function"):
            await invoke(name, {})
