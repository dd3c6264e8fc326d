"""Waits for services and functions, on the event loop's real or virtual clock. Shell."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from ivr_agi.errors import ChannelClosed

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ivr_agi.flow.run.outside import Filler

__all__ = ("MUSIC_S", "REST_S", "LoopWaiting")

_T = TypeVar("_T")

MUSIC_S = 15.0
"""Music between two times that the words are said."""
REST_S = 4.0
"""Silence between them where there is no music."""


class LoopWaiting:
    """Waits on the running event loop (:class:`~ivr_agi.flow.run.outside.Waiting`)."""

    async def pause(self, delay_s: float) -> None:
        """Sleep."""
        await asyncio.sleep(delay_s)

    async def wait(
        self, work: Awaitable[_T], timeout_s: float, *, filler: Filler | None = None
    ) -> _T:
        """Wait for work; while it takes long, keep the caller company.

        Words that have begun are said to their end, music stops when the work is done. After a
        hang-up the work that is under way may finish.

        Raises:
            TimeoutError: It took too long and was cancelled.
            ChannelClosed: The caller left while the filler was said; the work has ended.
            Exception: Whatever the work raises.

        Cancellation: cancels the work.
        """
        task = asyncio.ensure_future(asyncio.wait_for(work, timeout_s))
        # asyncio would log unretrieved errors, and with them secrets.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            if filler is not None:
                await asyncio.wait({task}, timeout=filler.after_s)
                try:
                    await _keep_company(task, filler)
                except ChannelClosed:
                    await asyncio.wait({task})
                    raise
            return await task
        finally:
            task.cancel()


async def _keep_company(task: asyncio.Task[Any], filler: Filler) -> None:
    """Say words and play music by turns until a task is done."""
    is_music_next, music = filler.begins_with_music, filler.music
    while not task.done():
        if is_music_next and music is not None:
            began_at = asyncio.get_running_loop().time()
            playing = asyncio.ensure_future(music())
            await _wait_for_first(task, playing, MUSIC_S)
            if asyncio.get_running_loop().time() - began_at < 1.0:
                music = None  # it cannot be played
        elif is_music_next:
            await asyncio.wait({task}, timeout=REST_S)
        else:
            await _say(task, filler)
        is_music_next = not is_music_next


async def _say(task: asyncio.Task[Any], filler: Filler) -> None:
    """Say the words to their end; not at all if the task is done before they are heard."""
    saying = asyncio.ensure_future(filler.words())
    try:
        await asyncio.wait({task, saying}, return_when=asyncio.FIRST_COMPLETED)
        if filler.is_heard():
            await asyncio.wait({saying})
    finally:
        saying.cancel()
        await asyncio.wait({saying})
    if not saying.cancelled():
        saying.result()


async def _wait_for_first(
    task: asyncio.Task[Any], other: asyncio.Future[None], timeout_s: float
) -> None:
    """Wait until a task is done, or the other is; end the other, and raise what it raised."""
    try:
        await asyncio.wait({task, other}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        other.cancel()
        await asyncio.wait({other})
    if not other.cancelled():
        other.result()
