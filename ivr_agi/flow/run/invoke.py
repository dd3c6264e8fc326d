"""Runs the functions of ``python`` steps in threads of user code, coroutine functions too.

Importing a module is user code as well. A coroutine function has an event loop of its own in its
thread: one that blocks, or ends its loop, holds up no call.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import FlowError
from ivr_agi.flow.run.values import to_data
from ivr_agi.threads import run_user_code, run_user_coroutine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ("Invoker", "find_function")


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
        function = await run_user_code(find_function, name, self._directory)
        if inspect.iscoroutinefunction(function):

            async def call_it() -> Any:
                return to_data(await function(**arguments))

            return await run_user_coroutine(call_it)
        return await run_user_code(lambda: to_data(function(**arguments)))


def find_function(name: str, directory: str) -> Callable[..., Any]:
    """Return a user's function; importing its module is user code, too.

    Args:
        name: ``module:function``.
        directory: Where modules are looked for last.

    Raises:
        FlowError: There is no such function.
        Exception: Whatever the module raises.
    """
    module_name, _, function_name = name.partition(":")
    if directory not in sys.path:
        sys.path.append(directory)
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as exc:
        raise FlowError(f"there is no function {name!r}: {exc}") from exc
    return found
