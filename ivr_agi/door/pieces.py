"""A text that a script is still writing, on its way into the event loop of the call. Shell."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

__all__ = ("MOST_CHARACTERS", "Writing")

MOST_CHARACTERS = 100_000
"""Longest text, two hours of speech; an empty piece counts as one."""


class Writing:
    """Reads a text in the script's event loop, and gives it to the call's, piece by piece.

    Args:
        text: What the script writes.
        loop: The call's event loop.
    """

    def __init__(self, text: AsyncIterable[str], loop: asyncio.AbstractEventLoop) -> None:
        self._text = text
        self._loop = loop
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue()

    async def read(self) -> None:
        """Read to the end of the text; whatever happens, the call learns that it is over.

        Raises:
            TypeError: A piece is no text.
            ValueError: The text has more than :data:`MOST_CHARACTERS`.
            Exception: Whatever the script's own code raises.
        """
        n_characters = 0
        try:
            async for piece in self._text:
                if not isinstance(piece, str):
                    kind = type(piece).__name__
                    raise TypeError(f"expected pieces of text to say, got one of type {kind}")
                n_characters += max(1, len(piece))
                if n_characters > MOST_CHARACTERS:
                    raise ValueError(f"expected at most {MOST_CHARACTERS} characters to say")
                self._tell(piece)
        finally:
            self._tell(None)

    async def pieces(self) -> AsyncGenerator[str]:
        """Yield the pieces, in the call's event loop."""
        while (piece := await self._waiting.get()) is not None:
            yield piece

    def _tell(self, piece: str | None) -> None:
        if not self._loop.is_closed():  # the call is over, and the script still writes
            self._loop.call_soon_threadsafe(self._waiting.put_nowait, piece)
