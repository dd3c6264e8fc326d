"""Who speaks the texts of prompts, also those that are still being written. Asyncio shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ivr_agi.sis.client.streaming import HeardText
    from ivr_agi.sis.wire.messages import SynthesisConfig

__all__ = ("Synthesize", "SynthesizeLive", "speak_live")


class Synthesize(Protocol):
    """Speaks a text: PCM (s16le mono 8 kHz) until END NORMAL, or SpeechError."""

    def __call__(
        self, text: str, config: SynthesisConfig, /, *, on_trace: Callable[[str], None]
    ) -> AsyncGenerator[bytes]:
        """Speak; ``on_trace`` is called with the service's id of each session."""
        ...


class SynthesizeLive(Protocol):
    """Speaks a text as it comes; as :class:`Synthesize`."""

    def __call__(
        self, text: HeardText, config: SynthesisConfig, /, *, on_trace: Callable[[str], None]
    ) -> AsyncGenerator[bytes]:
        """Speak; ``on_trace`` is called with the service's id of each session."""
        ...


async def speak_live(
    synthesize: Synthesize,
    synthesize_live: SynthesizeLive | None,
    text: HeardText,
    config: SynthesisConfig,
    *,
    on_trace: Callable[[str], None],
) -> AsyncGenerator[bytes]:
    """Return what speaks a text as it comes; without that, once all of it is there.

    Cancellation: safe.
    """
    if synthesize_live is not None:
        return synthesize_live(text, config, on_trace=on_trace)
    whole = "".join([piece async for piece in text])
    return synthesize(whole, config, on_trace=on_trace)
