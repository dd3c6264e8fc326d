"""A text that is still being written, with who can speak it as it comes, and who cannot."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable

import pytest

from ivr_agi.dialogue.prompt.synthesis import speak_live
from ivr_agi.sis.client.streaming import HeardText
from ivr_agi.sis.wire.messages import SynthesisConfig

CONFIG = SynthesisConfig()


async def written() -> AsyncIterator[str]:
    """In two pieces."""
    yield "Hello, "
    yield "world."


async def whole(
    text: str, _: SynthesisConfig, *, on_trace: Callable[[str], None]
) -> AsyncGenerator[bytes]:
    """Speak all of it."""
    on_trace("whole")
    yield text.encode()


async def live(
    text: HeardText, _: SynthesisConfig, *, on_trace: Callable[[str], None]
) -> AsyncGenerator[bytes]:
    """Speak each piece."""
    on_trace("live")
    async for piece in text:
        yield piece.encode()


@pytest.mark.parametrize("can_stream", [True, False])
async def test_as_it_comes_or_all_of_it(can_stream: bool) -> None:
    """What cannot speak pieces waits for the last one."""
    traces: list[str] = []
    chunks = await speak_live(
        whole, live if can_stream else None, HeardText(written()), CONFIG, on_trace=traces.append
    )
    heard = [chunk async for chunk in chunks]
    assert heard == ([b"Hello, ", b"world."] if can_stream else [b"Hello, world."])
    assert traces == ["live" if can_stream else "whole"]
