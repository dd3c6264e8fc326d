"""Plays one prompt on the channel, with an interruptible command pending at every moment.

While a prompt's first audio is awaited, and after the prompt, a silent file is played: it takes
keys, keeps RTP going out, and any new command stops it (``asterisk.md`` 1).
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from ivr_agi.agi.channel import AgiChannel, Playback, PlaybackCause
from ivr_agi.agi.text import ALL_KEYS
from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.audio.pauses import last_pause_before
from ivr_agi.dialogue.prompt.file import PromptFile
from ivr_agi.dialogue.prompt.parts import Prompt, Recording
from ivr_agi.errors import AgiCommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.dialogue.prompt.store import PromptStore

__all__ = ("PromptPlayer",)

_log = logging.getLogger("ivr_agi.dialogue")

LEAD_SAMPLES = SAMPLE_RATE_HZ // 10
"""Audio in a growing file before it is played: 100 ms (``docs/design.md`` 5)."""

END_TOLERANCE_SAMPLES = SAMPLE_RATE_HZ * 6 // 100
"""How far our clock may be from the end when Asterisk reports it: three frames."""


RECORDING_BACK_SAMPLES = SAMPLE_RATE_HZ
"""How far before its stop a recording resumes if we cannot read it: its pauses are unknown."""


class PromptPlayer:
    """Plays one prompt and waits for keys after it. Each turn has its own.

    Args:
        channel: The call.
        store: The prompts.
        prompt: What to play.
        on_started: Called when a STREAM FILE of the prompt is written, with its position in the
            whole prompt in samples: 0 at first, more where it resumes.
    """

    def __init__(
        self,
        channel: AgiChannel,
        store: PromptStore,
        prompt: Prompt,
        on_started: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.stopped = False
        """True between :meth:`stop` and :meth:`resume`."""
        self._channel = channel
        self._store = store
        self._prompt = prompt
        self._on_started = on_started
        self._segments: list[PromptFile | Recording] = []
        self._starts = [0]
        """Where each segment starts in the prompt, as far as it has been played."""
        self._playing = 0
        self._missing: AgiCommandFailed | None = None

    def stop(self) -> None:
        """End :meth:`play` within a frame, even before it starts; end a :meth:`wait_for_key`."""
        self.stopped = True
        self._channel.interrupt()

    def resume(self) -> None:
        """Undo :meth:`stop`: end a :meth:`wait_for_key`, so that :meth:`play` may be called."""
        self.stopped = False
        self._channel.interrupt()

    def samples(self) -> tuple[bytes | bytearray | None, int]:
        """Return what is playing, and where it starts in the prompt.

        Returns:
            Samples (s16le mono 8 kHz; a bytearray may grow), None if unknown; and the position of
            the first in the prompt, which may be played as several files.
        """
        segment = self._segments[self._playing] if self._segments else None
        pcm = segment.pcm() if isinstance(segment, PromptFile) else None
        return pcm, self._starts[self._playing]

    def pause_before(self, position_samples: int) -> int:
        """Return where to resume after a stop at a position: at the last pause before it."""
        number = self._segment_at(position_samples)
        start = self._starts[number]
        segment = self._segments[number] if self._segments else None
        if not isinstance(segment, PromptFile):
            return max(start, position_samples - RECORDING_BACK_SAMPLES)
        within = position_samples - start
        return start + last_pause_before(bytes(segment.pcm()[: within * SAMPLE_BYTES]), within)

    async def play(self, *, keys: str, offset_samples: int = 0) -> Playback:
        """Play the prompt until it ends, is stopped, or a key is pressed.

        Args:
            keys: Keys that end it.
            offset_samples: Where to start in the whole prompt.

        Raises:
            CallerHungUp: The caller left.
            AgiCommandFailed: A recording does not exist. The parts after it were played.
            IvrError: The synthesis failed (SpeechError), or its file cannot be written.

        Cancellation: safe.
        """
        if not self._segments:
            self._segments = await self._store.open_all(self._prompt)
        played = _ended_at(offset_samples)
        for number in range(self._segment_at(offset_samples), len(self._segments)):
            self._playing, start = number, self._starts[number]
            try:
                playback = await self._play_segment(keys, max(0, offset_samples - start))
            except AgiCommandFailed as exc:
                self._missing = exc
                playback = _ended_at(0)
            played = replace(playback, position_samples=start + playback.position_samples)
            if played.cause is not PlaybackCause.ENDED:
                return played
            self._starts[number + 1 :] = [played.position_samples]
        if self._missing is not None:
            raise self._missing
        return played

    async def _play_segment(self, keys: str, offset_samples: int) -> Playback:
        """Play one file to its end, as long as it grows."""
        segment, offset = self._segments[self._playing], offset_samples
        if isinstance(segment, Recording):
            return await self._stream(segment.name, keys, offset)
        if offset and segment.is_recording:
            segment = self._segments[self._playing] = await self._store.own_copy(segment)
        while True:
            if not segment.has(offset + LEAD_SAMPLES):
                early = await self._hold(segment, offset, keys)
                if early is not None:
                    return early
            await segment.wait_for(offset + LEAD_SAMPLES)  # at once; raises what went wrong
            was_complete = segment.complete
            playback = await self._stream(segment.name, keys, offset)
            if playback.cause is not PlaybackCause.ENDED:
                return playback
            if was_complete or _is_at_end(segment, playback):
                return replace(playback, position_samples=segment.n_samples)
            offset = segment.end_near(playback.position_samples)
            offset_ms = offset * 1000 // SAMPLE_RATE_HZ
            _log.info("prompt under-run at %d ms, trace %s", offset_ms, segment.trace_id)

    async def wait_for_key(self) -> Playback:
        """Play silence until a key is pressed, :meth:`stop`, or the silent file ends.

        Raises:
            CallerHungUp: The caller left.
        """
        return await self._silence(ALL_KEYS)

    async def _stream(self, name: str, keys: str, offset_samples: int) -> Playback:
        if self.stopped:
            return _stopped_at(offset_samples)
        self._on_started(self._starts[self._playing] + offset_samples)
        return await self._channel.stream_file(
            name, escape_digits=keys, offset_samples=offset_samples
        )

    def _segment_at(self, position_samples: int) -> int:
        """Number of the segment that a position is in, of those that were played."""
        last = max(len(self._segments) - 1, 0)
        return min(bisect_right(self._starts, position_samples) - 1, last)

    async def _silence(self, keys: str) -> Playback:
        try:
            return await self._channel.stream_file(self._store.silence, escape_digits=keys)
        except AgiCommandFailed:
            await self._store.restore_silence()
            return await self._channel.stream_file(self._store.silence, escape_digits=keys)

    async def _hold(self, file: PromptFile, offset: int, keys: str) -> Playback | None:
        """Play silence until the file has audio after ``offset``; None, or what ended it before."""
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


def _ended_at(position_samples: int) -> Playback:
    return Playback(
        cause=PlaybackCause.ENDED, key=None, position_samples=position_samples, written_at=0.0
    )


def _stopped_at(position_samples: int) -> Playback:
    return Playback(
        cause=PlaybackCause.STOPPED, key=None, position_samples=position_samples, written_at=0.0
    )
