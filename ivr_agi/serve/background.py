"""Background jobs of a worker: a task group whose members are started again. Asyncio shell.

A job that fails, or ends before it is cancelled, is one line in the log and a number on the board,
and is started again: after a second at first, then after longer and longer. None ends unnoticed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import Any

__all__ = ("Background", "background_jobs", "report_unhandled")

_log = logging.getLogger("ivr_agi.serve")

FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 8.0
"""Below the time after which the supervisor replaces a worker without a sign of life."""
STEADY_S = 60.0
"""A job that ran for so long begins anew with the first pause."""


class Background:
    """The jobs of one :func:`background_jobs` block.

    Args:
        group: Owns their tasks.
        on_failure: Is called each time that one of them fails.
    """

    def __init__(self, group: asyncio.TaskGroup, on_failure: Callable[[], None]) -> None:
        self._group = group
        self._on_failure = on_failure
        self._tasks: list[asyncio.Task[None]] = []

    def keep(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        """Run a job until the block ends.

        Args:
            name: What it does, for the log: "the beat".
            job: Returns a coroutine that runs until it is cancelled.
        """
        self._tasks.append(self._group.create_task(self._keep(name, job), name=name))

    def cancel(self) -> None:
        """End all jobs."""
        for task in self._tasks:
            task.cancel()

    async def _keep(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        loop, pause_s = asyncio.get_running_loop(), FIRST_PAUSE_S
        while True:
            began = loop.time()
            try:
                await job()
                reason = "it ended"
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                reason = "something in it was cancelled"
            except Exception as exc:  # noqa: BLE001  # the job's outermost frame
                reason = _describe(exc)
            if loop.time() - began >= STEADY_S:
                pause_s = FIRST_PAUSE_S
            _log.error("%s failed and starts again in %g s: %s", name, pause_s, reason)
            self._on_failure()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, MAX_PAUSE_S)


def _describe(exc: Exception) -> str:
    """Return an error and its place in one line."""
    place = traceback.extract_tb(exc.__traceback__)[-1]
    text = " ".join(str(exc).split())
    return f"{type(exc).__name__}: {text} ({place.filename}:{place.lineno})"


def report_unhandled(on_failure: Callable[[], None]) -> None:
    """Log errors in tasks and callbacks of the running loop that nobody awaits, one line each.

    Type and place only: the text of an error may contain what a caller said.

    Args:
        on_failure: Called for each of them.
    """

    def report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        exc = context.get("exception")
        found = "" if exc is None else f": {type(exc).__name__}"
        if exc is not None and (frames := traceback.extract_tb(exc.__traceback__)):
            found += f" ({frames[-1].filename}:{frames[-1].lineno})"
        _log.error("%s%s", context["message"], found)
        on_failure()

    asyncio.get_running_loop().set_exception_handler(report)


@contextlib.asynccontextmanager
async def background_jobs(on_failure: Callable[[], None]) -> AsyncIterator[Background]:
    """Have background jobs while a block runs; at its end they are cancelled and awaited.

    Args:
        on_failure: Is called each time that one of them fails.

    Cancellation: safe, the jobs end as well.
    """
    error: Exception | None = None
    async with asyncio.TaskGroup() as group:
        background = Background(group, on_failure)
        try:
            yield background
        except Exception as exc:  # noqa: BLE001  # raised below: the group would put it into another
            error = exc
        finally:
            background.cancel()
    if error is not None:
        raise error
