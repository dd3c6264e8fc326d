"""Functions are found in modules, also beside the flows."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from ivr_agi.errors import FlowError, UserCodeFailed
from ivr_agi.flow.run.invoke import Invoker
from tests.patience import PATIENCE_S

CODE = """\
import asyncio
def add(a, b): return a + b
async def wait(a):
    await asyncio.sleep(0)
    return a
def leave(kind): raise kind
async def leave_later(kind): raise kind
"""


async def test_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain ones and coroutine functions; what is not there is told."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    await asyncio.to_thread((tmp_path / "flow_test_functions.py").write_text, CODE)
    invoke = Invoker(tmp_path)
    assert await invoke("flow_test_functions:add", {"a": 1, "b": 2}) == 3
    assert await invoke("flow_test_functions:wait", {"a": 1}) == 1
    for name in ("flow_test_functions:none", "flow_test_none:x"):
        with pytest.raises(FlowError, match="there is no function"):
            await invoke(name, {})


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        ("leave", SystemExit),
        ("leave", KeyboardInterrupt),
        ("leave", asyncio.CancelledError),
        ("leave", concurrent.futures.CancelledError),
        ("leave", StopIteration),
        ("leave_later", SystemExit),
        ("leave_later", KeyboardInterrupt),
        ("leave_later", asyncio.CancelledError),
    ],
)
async def test_what_would_end_more_than_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, kind: type[BaseException]
) -> None:
    """It is an error of the function, and ends neither the loop nor the call."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    await asyncio.to_thread((tmp_path / "flow_test_functions.py").write_text, CODE)
    with pytest.raises(UserCodeFailed) as caught:
        await Invoker(tmp_path)(f"flow_test_functions:{function}", {"kind": kind})
    assert caught.value.kind == kind.__name__


async def test_a_module_that_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Importing it is user code as well."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    file = tmp_path / "flow_test_exits.py"
    await asyncio.to_thread(file.write_text, "import sys; sys.exit(3)")
    with pytest.raises(UserCodeFailed, match="SystemExit"):
        await Invoker(tmp_path)("flow_test_exits:x", {})


async def test_a_call_that_ends_cancels_the_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no failure of it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    code = "import asyncio\nasync def hang(): await asyncio.sleep(60)\n"
    await asyncio.to_thread((tmp_path / "flow_test_hangs.py").write_text, code)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Invoker(tmp_path)("flow_test_hangs:hang", {}), 0.1)


DATA = """\
import asyncio, dataclasses, decimal, time
@dataclasses.dataclass
class Account:
    name: str
    balance: decimal.Decimal
def account(): return [Account("Ann", decimal.Decimal("1.5"))]
def a_file(): return object()
def deep():
    found = []
    for _ in range(5000): found = [found]
    return found
async def block():
    time.sleep(0.5)
    return "blocked"
stopped = []
async def hang():
    try:
        await asyncio.sleep(60)
    finally:
        stopped.append(1)
def seen(): return len(stopped)
"""


@pytest.fixture
async def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoker:
    """Functions of a module."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "flow_test_data", raising=False)
    await asyncio.to_thread((tmp_path / "flow_test_data.py").write_text, DATA)
    return Invoker(tmp_path)


async def test_what_a_function_returns_is_data(data: Invoker) -> None:
    """W16: data classes are mappings; what is no data is an error of the function."""
    found = await data("flow_test_data:account", {})
    assert found == [{"name": "Ann", "balance": Decimal("1.5")}]
    with pytest.raises(TypeError):
        await data("flow_test_data:a_file", {})
    with pytest.raises(ValueError, match="nested too deeply"):
        await data("flow_test_data:deep", {})


async def test_a_coroutine_that_blocks_holds_up_no_call(data: Invoker) -> None:
    """C4: the loop goes on meanwhile."""
    blocked = asyncio.create_task(data("flow_test_data:block", {}))
    turns = 0
    while not blocked.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert blocked.result() == "blocked"
    assert turns > 5


async def test_a_coroutine_that_is_given_up_is_cancelled(data: Invoker) -> None:
    """In its own loop; its thread is free again."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(data("flow_test_data:hang", {}), 0.2)
    async with asyncio.timeout(PATIENCE_S):
        while not await data("flow_test_data:seen", {}):  # noqa: ASYNC110  # another thread's
            await asyncio.sleep(0.01)
