"""Takes a message on a call: the shell around :mod:`.message`.

What the caller says comes from fd 3, as always, so there is no ``EXEC Record``, which nothing could
stop. A silent file is played meanwhile, because it takes keys.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ivr_agi.agi.text import ALL_KEYS
from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.audio.wav import write_wav
from ivr_agi.dialogue.record.message import MessagePlan, MessageRecorder, message_name
from ivr_agi.dialogue.turn.outcomes import HungUp, NoInput, Pressed, Recorded
from ivr_agi.errors import CallerHungUp, ConfigError
from ivr_agi.surroundings import local_now
from ivr_agi.threads import FILES, run_in

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.dialogue.line import Line

__all__ = ("MESSAGE_SUFFIX", "MessageTaker")

MESSAGE_SUFFIX = ".wav"
OVERDUE_S = 5.0
"""Frames come with time; a call that gets none is held no longer than this beyond ``max_s``."""


class MessageTaker:
    """One message on a call.

    Args:
        line: The call.
        plan: How it is taken.
        folder: Where its file goes; created if missing.
        number: The message's number in the call.
    """

    def __init__(self, line: Line, plan: MessagePlan, folder: Path, number: int) -> None:
        self._line = line
        self._plan = plan
        name = message_name(line.journal.call, local_now(), number)
        self._path = (folder / name).absolute()
        self._recorder = MessageRecorder(plan)

    async def run(self) -> Recorded | Pressed | NoInput | HungUp:
        """Listen until the message is over, and write it.

        Raises:
            ChannelLost: Asterisk is gone.
            ConfigError: The file cannot be written.

        Cancellation: safe; then there is no message.
        """
        self._line.on_frame = self._on_frame
        try:
            key = await self._wait()
        except CallerHungUp:
            kept = await self._write(hung_up=True) if self._plan.keep_on_hang_up else None
            return kept or HungUp()
        finally:
            self._line.on_frame = None
        if key is not None and key in self._plan.leave_keys and key not in self._plan.end_keys:
            return Pressed(keys=key)
        return await self._write() or NoInput()

    def _on_frame(self, frame: bytes) -> None:
        self._recorder.feed(frame)
        if self._recorder.is_over:
            self._line.channel.interrupt()  # with each frame: the silent file may just begin

    async def _wait(self) -> str | None:
        """Wait for the end; return the key that ended it, if one did."""
        line = self._line
        loop = asyncio.get_running_loop()
        overdue = loop.time() + self._plan.max_s + OVERDUE_S
        while not self._recorder.is_over and loop.time() < overdue:
            playback = await line.channel.stream_file(line.store.silence, escape_digits=ALL_KEYS)
            if playback.key is None:
                continue
            line.journal.record("key", key=playback.key)
            if playback.key in self._plan.end_keys + self._plan.leave_keys:
                return playback.key
        return None

    async def _write(self, *, hung_up: bool = False) -> Recorded | None:
        """Write the file; None if too little was said."""
        pcm = self._recorder.message()
        if not pcm:
            return None
        try:
            await run_in(FILES, _write, self._path, pcm)
        except OSError as exc:
            raise ConfigError(
                f"cannot write the caller's message: {exc.strerror}",
                path=str(self._path.parent),
                key="paths.spool",
            ) from exc
        duration_s = len(pcm) / (SAMPLE_BYTES * SAMPLE_RATE_HZ)
        return Recorded(name=str(self._path), duration_s=duration_s, hung_up=hung_up)


def _write(path: Path, pcm: bytes) -> None:
    """Write it whole or not at all, and not for everybody to read."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.touch(mode=0o640)
    write_wav(part, pcm)
    part.replace(path.with_name(f"{path.name}{MESSAGE_SUFFIX}"))
