"""Keeps the caller company while a step waits for a service or a function. Core, no I/O.

Nobody hears more than a few seconds of nothing: a filler begins after 1.5 s unless the step says
otherwise, words and music by turns, until the step has its answer or gives up.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import CallerHungUp
from ivr_agi.flow.file.spec import PromptSpec
from ivr_agi.flow.run.outside import Filler
from ivr_agi.flow.run.phrases import phrases

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ivr_agi.flow.run.call import FlowCall

__all__ = ("refuse_after_hang_up", "wait_with_filler")


def refuse_after_hang_up(call: FlowCall) -> None:
    """Begin nothing new when the caller has left.

    Raises:
        CallerHungUp: The caller has left.
    """
    if call.outside.has_hung_up() and not call.is_alone:
        raise CallerHungUp


async def wait_with_filler(
    call: FlowCall,
    work: Awaitable[Any],
    timeout_s: float,
    words: PromptSpec | None,
    after_s: float,
) -> Any:
    """Wait for work with a deadline; keep the caller company if it takes long.

    Args:
        call: The call.
        work: What is waited for.
        timeout_s: How long.
        words: The step's own filler; None: music on hold, and words of ours.
        after_s: When the filler begins, seconds.

    Raises:
        TimeoutError: The work took too long.
        ChannelClosed: The caller left; the work has ended.
        Exception: Whatever the work raises.

    Cancellation: cancels the work.
    """
    if call.is_alone:
        return await call.outside.waiting.wait(work, timeout_s)
    call.outside.attend()
    music = await call.outside.find_music()
    filler = Filler(
        words=functools.partial(
            call.speaker.say_last, words or PromptSpec(phrases(call.language).one_moment)
        ),
        music=functools.partial(call.speaker.say, PromptSpec({"recording": music}))
        if music
        else None,
        after_s=after_s,
        begins_with_music=bool(music) and words is None,
        is_heard=call.outside.is_speaking,
    )
    return await call.outside.waiting.wait(work, timeout_s, filler=filler)
