"""Waits for services and functions, on the event loop's real or virtual clock. Shell."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ("LoopWaiting",)

_T = TypeVar("_T")


class LoopWaiting:
    """Waits on the running event loop (:class:`~ivr_agi.flow.run.outside.Waiting`)."""

    async def pause(self, delay_s: float) -> None:
        """Sleep."""
        await asyncio.sleep(delay_s)

    async def wait(
        self,
        work: Awaitable[_T],
        timeout_s: float,
        *,
        filler: Callable[[], Awaitable[None]] | None = None,
        filler_after_s: float = 0.0,
    ) -> _T:
        """Wait for work; if it takes long, say the filler to its end.

        Raises:
            TimeoutError: It took too long and was cancelled.
            Exception: Whatever the work raises.

        Cancellation: cancels the work.
        """
        task = asyncio.ensure_future(asyncio.wait_for(work, timeout_s))
        # asyncio would log unretrieved errors, and with them secrets.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            if filler is not None:
                done, _ = await asyncio.wait({task}, timeout=filler_after_s)
                if not done:
                    await filler()
            return await task
        finally:
            task.cancel()
