"""Gives a call back to the dialplan: sets the variables that tell how it ended. Shell.

Every variable that the call could have set is set, empty ones too: a second call on the same
channel leaves nothing of the first one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from ivr_agi.agi.text import ENCODING_ERRORS, MAX_COMMAND_BYTES, format_command, quote
from ivr_agi.errors import AgiError, ChannelClosed
from ivr_agi.flow.run.results import OUR_VARIABLES, FlowResult, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.agi.channel import AgiChannel

__all__ = ("HAND_BACK_S", "hand_back", "last_words", "refuse_call")

_log = logging.getLogger("ivr_agi.serve")

HAND_BACK_S = 10.0
"""Seconds until the dialplan has its variables; a living Asterisk takes them at once."""


async def hand_back(channel: AgiChannel, result: FlowResult, others: Iterable[str] = ()) -> bool:
    """Set the dialplan's variables. The dialplan hangs up or continues.

    ``IVR_STATUS`` comes last: where it is set, the others are, whatever happens to this process.

    Args:
        channel: The call.
        result: How it ended.
        others: Variables beside those of every call that it could have set.

    Returns:
        Whether Asterisk has answered for all of them.

    Raises:
        ChannelClosed: Asterisk is gone, or answers no more.

    Cancellation: safe; some variables are not set.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HAND_BACK_S):
            found = _variables(result, others)
            status = found.pop("IVR_STATUS")
            for name, value in found.items():
                await _set(channel, name, value)
            await _set(channel, "IVR_STATUS", status)
            return True
    _log.error("Asterisk answers no more: the dialplan is told all the same, and may lack some")
    return False


def last_words(result: FlowResult, others: Iterable[str] = ()) -> bytes:
    """Return the commands that :func:`hand_back` sends, for who cannot wait for the answers.

    Asterisk executes them when it gets to them, also after our end. Only a long ``IVR_RESULT`` or
    variable of the flow could need more room than a pipe has; they come last.
    """
    return b"".join(
        format_command("SET VARIABLE", name, _carried(name, value))
        for name, value in _variables(result, others).items()
    )


def _variables(result: FlowResult, others: Iterable[str]) -> dict[str, str]:
    return {
        **dict.fromkeys(OUR_VARIABLES, ""),
        **dict.fromkeys(others, ""),
        **result.variables,
        "IVR_STATUS": result.status.value,
        "IVR_RESULT": result.result,
        "IVR_TRANSFER": result.transfer,
        "IVR_ERROR": result.error,
    }


async def _set(channel: AgiChannel, name: str, value: str) -> None:
    try:
        await channel.set_variable(name, _carried(name, value))
    except (AgiError, ValueError) as exc:  # of this one; the others are to arrive
        _log.error("the dialplan does not get %s: %s", name, exc)


async def refuse_call(channel: AgiChannel, error: Exception) -> None:
    """Tell the dialplan why the call cannot start, and close the channel."""
    try:
        with contextlib.suppress(ChannelClosed):
            await hand_back(channel, FlowResult(status=Status.FAILED, error=str(error)))
    finally:
        await channel.close()


def _carried(name: str, value: str) -> str:
    """Return a value as AGI can carry it: one line, no control characters, cut if too long.

    Whatever a caller or a service put into it, the dialplan gets its variables.
    """
    text = "".join(char for char in " ".join(value.split()) if char >= " " and char != "\x7f")
    room = MAX_COMMAND_BYTES - len(f'SET VARIABLE "{name}" \n')
    while (over := len(quote(text).encode("utf-8", ENCODING_ERRORS)) - room) > 0:
        text = text[: -max(1, over // 4)]
    if len(text) < len(value):
        _log.info("%s had to be cleaned or cut for the dialplan", name)
    return text
