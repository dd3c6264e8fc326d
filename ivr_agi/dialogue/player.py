"""Plays one prompt on the channel, with an interruptible command pending at every moment.

While a prompt's first audio is awaited, and after the prompt, a silent file is played: it takes
keys, keeps RTP going out, and any new command stops it (``asterisk.md`` 1).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from ivr_agi.agi.channel import AgiChannel, Playback, PlaybackCause
from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.audio.pauses import last_pause_before
from ivr_agi.dialogue.keys import ALL_KEYS
from ivr_agi.dialogue.prompts import Prompt, PromptFile, PromptStore, Recording

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("PromptPlayer",)

_log = logging.getLogger("ivr_agi.dialogue")

LEAD_SAMPLES = SAMPLE_RATE_HZ // 10
"""Audio in a growing file before it is played: 100 ms (``docs/design.md`` 5)."""

END_TOLERANCE_SAMPLES = SAMPLE_RATE_HZ * 6 // 100
"""How far from the end our clock may be when Asterisk says it is there: three frames."""


RECORDING_BACK_SAMPLES = SAMPLE_RATE_HZ
"""A recording that was stopped goes on one second before: where it pauses, only Asterisk knows."""


class PromptPlayer:
    """Plays one prompt and waits for keys after it. One player a turn.

    Args:
        channel: The call.
        store: The prompts.
        prompt: What to play.
        on_started: Is called when a STREAM FILE of the prompt is written, with its offset in
            samples: 0 at first, more where it goes on.
    """

    def __init__(
        self,
        channel: AgiChannel,
        store: PromptStore,
        prompt: Prompt,
        on_started: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.stopped = False
        """:meth:`stop` was called, and not :meth:`resume` after it."""
        self._channel = channel
        self._store = store
        self._prompt = prompt
        self._on_started = on_started
        self._file: PromptFile | None = None

    def stop(self) -> None:
        """End :meth:`play` within a frame, now or when it begins; end a :meth:`wait_for_key`."""
        self.stopped = True
        self._channel.interrupt()

    def resume(self) -> None:
        """Take back :meth:`stop`: end a :meth:`wait_for_key`, and :meth:`play` may be called."""
        self.stopped = False
        self._channel.interrupt()

    def pcm(self) -> bytearray | None:
        """Return the prompt's samples (s16le mono 8 kHz, may grow); None if they are not known."""
        return None if self._file is None else self._file.pcm()

    def pause_before(self, position_samples: int) -> int:
        """Return where to go on after a stop at a position: at the last pause before it."""
        pcm = self.pcm()
        if pcm is None:
            return max(0, position_samples - RECORDING_BACK_SAMPLES)
        return last_pause_before(bytes(pcm[: position_samples * SAMPLE_BYTES]), position_samples)

    async def play(self, *, keys: str, offset_samples: int = 0) -> Playback:
        """Play the prompt until it ends, is stopped, or a key is pressed.

        Args:
            keys: Keys that end it.
            offset_samples: Where to begin.

        Raises:
            CallerHungUp: The caller left.
            AgiCommandFailed: A recording does not exist.
            IvrError: The synthesis failed, SpeechError, or its file cannot be written.

        Cancellation: safe.
        """
        if isinstance(self._prompt, Recording):
            return await self._stream(self._prompt.name, keys, offset_samples)
        if self._file is None:
            self._file = self._store.open(self._prompt.text)
        file, offset = self._file, offset_samples
        while True:
            if not file.has(offset + LEAD_SAMPLES):
                early = await self._hold(file, offset, keys)
                if early is not None:
                    return early
            await file.wait_for(offset + LEAD_SAMPLES)  # at once; raises what went wrong
            playback = await self._stream(file.name, keys, offset)
            if playback.cause is not PlaybackCause.ENDED or _is_at_end(file, playback):
                return playback
            offset = min(playback.position_samples, file.n_samples)
            _log.info("prompt under-run at %d ms", offset * 1000 // SAMPLE_RATE_HZ)

    async def wait_for_key(self) -> Playback:
        """Play silence until a key is pressed, :meth:`stop`, or the silent file ends.

        Raises:
            CallerHungUp: The caller left.
        """
        return await self._silence(ALL_KEYS)

    async def _stream(self, name: str, keys: str, offset_samples: int) -> Playback:
        if self.stopped:
            return _stopped_at(offset_samples)
        self._on_started(offset_samples)
        return await self._channel.stream_file(
            name, escape_digits=keys, offset_samples=offset_samples
        )

    async def _silence(self, keys: str) -> Playback:
        return await self._channel.stream_file(self._store.silence, escape_digits=keys)

    async def _hold(self, file: PromptFile, offset: int, keys: str) -> Playback | None:
        """Play silence until the file goes on after ``offset``; None, or how it ended before."""
        ready = asyncio.ensure_future(file.wait_for(offset + LEAD_SAMPLES))
        ready.add_done_callback(lambda _: self._channel.interrupt())
        try:
            while not (ready.done() or self.stopped):
                playback = await self._silence(keys)
                if playback.cause is PlaybackCause.KEY:
                    return replace(playback, position_samples=offset)
        finally:
            ready.cancel()
            await asyncio.wait([ready])
            if not ready.cancelled():
                ready.exception()  # seen; the next wait_for raises it again
        return _stopped_at(offset) if self.stopped else None


def _is_at_end(file: PromptFile, playback: Playback) -> bool:
    return file.complete and (playback.position_samples + END_TOLERANCE_SAMPLES >= file.n_samples)


def _stopped_at(position_samples: int) -> Playback:
    return Playback(
        cause=PlaybackCause.STOPPED, key=None, position_samples=position_samples, written_at=0.0
    )
