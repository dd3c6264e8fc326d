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
from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.dialogue.prompts import Prompt, PromptFile, PromptStore, Recording
from ivr_agi.errors import AgiCommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("ALL_KEYS", "PromptPlayer")

_log = logging.getLogger("ivr_agi.dialogue")

ALL_KEYS = "0123456789*#"
"""Keys of a telephone."""

LEAD_SAMPLES = SAMPLE_RATE_HZ // 10
"""Audio in a growing file before it is played: 100 ms (``docs/design.md`` 5)."""

END_TOLERANCE_SAMPLES = SAMPLE_RATE_HZ * 6 // 100
"""How far from the end our clock may be when Asterisk says it is there: three frames."""


class PromptPlayer:
    """Plays one prompt, once, and waits for keys after it. One player a turn.

    Args:
        channel: The call.
        store: The prompts.
        on_started: Is called when the prompt's first STREAM FILE is written.
    """

    def __init__(
        self,
        channel: AgiChannel,
        store: PromptStore,
        on_started: Callable[[], None] = lambda: None,
    ) -> None:
        self._channel = channel
        self._store = store
        self._on_started = on_started
        self._stopped = False
        self._started = False

    def stop(self) -> None:
        """End :meth:`play` within a frame, now or when it begins; end a :meth:`wait_for_key`."""
        self._stopped = True
        self._channel.interrupt()

    async def play(self, prompt: Prompt, *, keys: str) -> Playback:
        """Play the prompt until it ends, is stopped, or a key is pressed.

        Args:
            prompt: What to play.
            keys: Keys that end it.

        Raises:
            CallerHungUp: The caller left.
            AgiCommandFailed: A recording does not exist; the parts after it were played.
            IvrError: The synthesis failed, SpeechError, or its file cannot be written.

        Cancellation: safe.
        """
        played, missing = _ended_at(0), None
        for segment in self._store.open_all(prompt):
            before = played.position_samples
            try:
                playback = await self._play_segment(segment, keys)
            except AgiCommandFailed as exc:
                missing = exc
                continue
            played = replace(playback, position_samples=before + playback.position_samples)
            if played.cause is not PlaybackCause.ENDED:
                return played
        if missing is not None:
            raise missing
        return played

    async def _play_segment(self, segment: PromptFile | Recording, keys: str) -> Playback:
        """Play one file; the next one's command is written when Asterisk has ended this one."""
        if isinstance(segment, Recording):
            return await self._stream(segment.name, keys=keys)
        offset = 0
        while True:
            if not segment.has(offset + LEAD_SAMPLES):
                early = await self._hold(segment, offset + LEAD_SAMPLES, keys)
                if early is not None:
                    return early
            await segment.wait_for(offset + LEAD_SAMPLES)  # at once; raises what went wrong
            playback = await self._stream(segment.name, keys=keys, offset_samples=offset)
            if playback.cause is not PlaybackCause.ENDED or _is_at_end(segment, playback):
                return playback
            offset = min(playback.position_samples, segment.n_samples)
            _log.info("prompt under-run at %d ms", offset * 1000 // SAMPLE_RATE_HZ)

    async def wait_for_key(self) -> Playback:
        """Play silence until a key is pressed, :meth:`stop`, or the silent file ends.

        Raises:
            CallerHungUp: The caller left.
        """
        return await self._silence(ALL_KEYS)

    async def _stream(self, name: str, *, keys: str, offset_samples: int = 0) -> Playback:
        if self._stopped:
            return _stopped_at(offset_samples)
        if not self._started:
            self._started = True
            self._on_started()
        return await self._channel.stream_file(
            name, escape_digits=keys, offset_samples=offset_samples
        )

    async def _silence(self, keys: str) -> Playback:
        return await self._channel.stream_file(self._store.silence, escape_digits=keys)

    async def _hold(self, file: PromptFile, n_samples: int, keys: str) -> Playback | None:
        """Play silence until the file has ``n_samples``; None then, else how it ended before."""
        ready = asyncio.ensure_future(file.wait_for(n_samples))
        ready.add_done_callback(lambda _: self._channel.interrupt())
        try:
            while not (ready.done() or self._stopped):
                playback = await self._silence(keys)
                if playback.cause is PlaybackCause.KEY:
                    return playback
        finally:
            ready.cancel()
            await asyncio.wait([ready])
            if not ready.cancelled():
                ready.exception()  # seen; the next wait_for raises it again
        return _stopped_at(0) if self._stopped else None


def _is_at_end(file: PromptFile, playback: Playback) -> bool:
    return file.complete and (playback.position_samples + END_TOLERANCE_SAMPLES >= file.n_samples)


def _ended_at(position_samples: int) -> Playback:
    return Playback(
        cause=PlaybackCause.ENDED, key=None, position_samples=position_samples, written_at=0.0
    )


def _stopped_at(position_samples: int) -> Playback:
    return Playback(
        cause=PlaybackCause.STOPPED, key=None, position_samples=position_samples, written_at=0.0
    )
