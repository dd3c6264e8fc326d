"""Runs the functions of ``python`` steps: coroutine functions here, others in a thread.

Threads are those of user code: importing a module is user code as well.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import FlowError, UserCodeFailed
from ivr_agi.threads import USER_CODE, run_in

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
        """Call the function and return what it returns.

        Raises:
            FlowError: There is no such function.
            UserCodeFailed: It raised what is no error: SystemExit, say.
            Exception: Whatever else it raises.
        """
        function = await run_in(USER_CODE, _call, self._find, name)
        if not inspect.iscoroutinefunction(function):
            return await run_in(USER_CODE, _call, function, **arguments)
        try:
            return await function(**arguments)
        except Exception:
            raise
        except BaseException as exc:
            task = asyncio.current_task()
            if isinstance(exc, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            raise UserCodeFailed(exc) from exc

    def _find(self, name: str) -> Any:
        module_name, _, function_name = name.partition(":")
        if self._directory not in sys.path:
            sys.path.append(self._directory)
        try:
            module = importlib.import_module(module_name)
            return getattr(module, function_name)
        except (ImportError, AttributeError) as exc:
            raise FlowError(f"there is no function {name!r}: {exc}") from exc


def _call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call user code in a thread; what a future cannot carry to the loop becomes an error."""
    try:
        return function(*args, **kwargs)
    except (StopIteration, concurrent.futures.CancelledError) as exc:
        raise UserCodeFailed(exc) from exc
    except Exception:
        raise
    except BaseException as exc:
        raise UserCodeFailed(exc) from exc
