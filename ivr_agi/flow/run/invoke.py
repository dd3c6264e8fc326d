"""Runs the functions of ``python`` steps in threads of user code, coroutine functions too.

Importing a module is user code as well. A coroutine function has an event loop of its own in its
thread: one that blocks, or ends its loop, holds up no call.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import FlowError
from ivr_agi.flow.run.values import to_data
from ivr_agi.threads import run_user_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ("Invoker",)


class Invoker:
    """Finds ``module:function``, also in the folder of the flows.

    Args:
        directory: That folder.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = str(directory)

    async def __call__(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call the function and return what it returns, as data.

        Raises:
            FlowError: There is no such function.
            TypeError: What it returned is no data.
            UserCodeFailed: It raised what is no ``Exception``.
            Exception: Whatever else it raises.

        Cancellation: a coroutine function is cancelled, too; another one goes on in its thread.
        """
        function: Callable[..., Any] = await run_user_code(self._find, name)
        if inspect.iscoroutinefunction(function):
            return await _run_coroutine(function, arguments)
        return await run_user_code(lambda: to_data(function(**arguments)))

    def _find(self, name: str) -> Any:
        module_name, _, function_name = name.partition(":")
        if self._directory not in sys.path:
            sys.path.append(self._directory)
        try:
            module = importlib.import_module(module_name)
            return getattr(module, function_name)
        except (ImportError, AttributeError) as exc:
            raise FlowError(f"there is no function {name!r}: {exc}") from exc


async def _run_coroutine(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Run a coroutine function in an event loop and a thread of its own."""
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []

    async def run() -> Any:
        running.append((asyncio.get_running_loop(), asyncio.current_task()))
        return to_data(await function(**arguments))

    try:
        return await run_user_code(lambda: asyncio.run(run()))
    except asyncio.CancelledError:
        for loop, task in running:
            if task is not None:
                with contextlib.suppress(RuntimeError):  # that loop is closed: it has just ended
                    loop.call_soon_threadsafe(task.cancel)
        raise
