"""A text that is still being written, from one event loop to another."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

import ivr_agi
from ivr_agi.door.pieces import MOST_CHARACTERS, Writing
from ivr_agi.testing import hear, rehearse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


async def write(*pieces: str) -> AsyncGenerator[str]:
    """Write a text, with time between its pieces."""
    for piece in pieces:
        await asyncio.sleep(0.5)
        yield piece


async def test_it_crosses_event_loops() -> None:
    """The script's loop is in a thread of its own; no piece is lost, and the end comes over."""
    loop = asyncio.get_running_loop()

    async def quick() -> AsyncGenerator[str]:
        for number in range(1000):
            yield str(number)

    writing = Writing(quick(), loop)
    reading = asyncio.create_task(asyncio.to_thread(asyncio.run, writing.read()))
    assert [piece async for piece in writing.pieces()] == [str(number) for number in range(1000)]
    await reading


async def test_a_script_that_fails_ends_its_text() -> None:
    """What it wrote before is said; the error is the script's."""

    async def broken() -> AsyncGenerator[str]:
        yield "one"
        raise LookupError("no more words")

    writing = Writing(broken(), asyncio.get_running_loop())
    with pytest.raises(LookupError):
        await writing.read()
    assert [piece async for piece in writing.pieces()] == ["one"]


async def test_only_text_is_said() -> None:
    """Bytes of a model's answer are the script's mistake."""

    async def bytes_() -> AsyncGenerator[str]:
        yield cast("str", b"one")

    with pytest.raises(TypeError, match="expected pieces of text to say, got one of type bytes"):
        await Writing(bytes_(), asyncio.get_running_loop()).read()


@pytest.mark.parametrize("piece", ["and on. ", ""])
async def test_a_text_without_an_end(piece: str) -> None:
    """It costs its own call; a text that never ends, or never begins, would cost all memory."""

    async def endless() -> AsyncGenerator[str]:
        while True:
            yield piece

    writing = Writing(endless(), asyncio.get_running_loop())
    with pytest.raises(ValueError, match="expected at most 100000 characters to say"):
        await writing.read()
    told = [each async for each in writing.pieces()]
    assert sum(map(len, told)) <= MOST_CHARACTERS


async def test_a_call_that_is_over() -> None:
    """The script may still write: nobody hears it, and nothing fails."""
    over = asyncio.new_event_loop()
    over.close()

    async def late() -> AsyncGenerator[str]:
        yield "too late"

    await Writing(late(), over).read()


def test_it_is_spoken_in_a_call() -> None:
    """The caller hears the whole text, and the script goes on after it."""

    async def main(call: ivr_agi.Call) -> ivr_agi.Result:
        await call.say(write("Your parcel ", "is on ", "its way."))
        return call.hang_up("told")

    call = rehearse(main, hear("Your parcel is on its way."))
    assert call.result.result == "told"


def test_errors_of_the_text_reach_the_script() -> None:
    """After what was written is said."""
    caught: list[str] = []

    async def broken() -> AsyncGenerator[str]:
        yield "It costs "
        raise LookupError("price")

    async def main(call: ivr_agi.Call) -> ivr_agi.Result:
        try:
            await call.say(broken())
        except LookupError as exc:
            caught.append(str(exc))
        return call.hang_up("sorry")

    call = rehearse(main, hear("It costs"))
    assert (caught, call.result.result) == (["price"], "sorry")


def test_a_call_that_ends_first() -> None:
    """The script's text is closed."""
    closed: list[bool] = []

    async def long() -> AsyncGenerator[str]:
        try:
            yield "one"
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def main(call: ivr_agi.Call) -> None:
        async with asyncio.timeout(3):
            await call.say(long())

    call = rehearse(main, hear("one"))
    assert isinstance(call.result.error, str)
    assert closed == [True]
