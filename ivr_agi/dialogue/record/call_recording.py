"""Records a call, or a step of it, as a stereo WAV: the caller left, the IVR right.

Shell around :mod:`.timeline`. Every second a thread writes what has come; the call never waits for
the disk. If the disk does not keep up, frames are missing in the recording, which is logged.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import struct
import time
from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ, SILENCE_FRAME
from ivr_agi.dialogue.record.timeline import CallTimeline, Tick
from ivr_agi.surroundings import local_now
from ivr_agi.threads import FILES, run_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr_agi.dialogue.prompt.recordings import Recordings
    from ivr_agi.dialogue.record.timeline import Played
    from ivr_agi.journal import Journal

__all__ = ("CallRecording",)

_log = logging.getLogger("ivr_agi.dialogue")

FLUSH_FRAMES = 1000 // FRAME_MS
"""Frames that are written at once."""
MAX_WAITING_FRAMES = 30_000 // FRAME_MS
"""Frames that may wait for a slow disk, 30 s; further ones are lost."""
HEADER_BYTES = 44
_TIMES = np.arange(FRAME_SAMPLES) / SAMPLE_RATE_HZ
TONE_FRAME = (np.sin(2 * np.pi * 400 * _TIMES) * 600).astype("<i2").tobytes()
"""400 Hz at -38 dBFS, eight periods per frame: replaces what may not be recorded."""


class CallRecording:
    """Records one call, or steps of it: one file at a time.

    Args:
        folder: Where the files go.
        journal: Gets ``call_recording`` and ``call_recording_failed``.
        recordings: Reads the recordings that were played.
        call_id: Part of the files' names.
        by_step: Record only the steps that ask for it.
        is_secure: Returns True while nothing may be recorded.
    """

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        recordings: Recordings,
        *,
        call_id: str,
        by_step: bool = False,
        is_secure: Callable[[], bool] = lambda: False,
    ) -> None:
        self._folder = folder
        self._journal = journal
        self._recordings = recordings
        self._call_id = call_id
        self._by_step = by_step
        self._is_secure = is_secure
        self._timeline = CallTimeline()
        self._writer: _Writer | None = None
        self._waiting: list[Tick] = []
        self._writing: asyncio.Future[None] | None = None
        self._finishing: asyncio.Future[None] | None = None
        self._n_lost = 0

    async def begin_call(self) -> None:
        """Begin to record, if whole calls are recorded."""
        if not self._by_step:
            await self._start("")

    async def enter_step(self, name: str, *, is_recorded: bool) -> None:
        """End the last step's file and begin one for this step, if steps are recorded."""
        if self._by_step:
            await self.stop()
            if is_recorded:
                await self._start(name)

    def hear(self, frame: bytes) -> None:
        """Take the caller's next frame (320 bytes). Never blocks."""
        tick = self._timeline.hear(frame, time.monotonic(), is_secure=self._is_secure())
        if self._writer is None:
            return
        if len(self._waiting) >= MAX_WAITING_FRAMES:
            self._n_lost += 1
            return
        self._waiting.append(tick)
        if len(self._waiting) >= FLUSH_FRAMES and self._writing is None:
            self._flush(self._writer)

    def stream(self, name: str | None, offset_samples: int) -> None:
        """Note what is played: for :attr:`ivr_agi.agi.channel.AgiChannel.on_stream`."""
        self._timeline.stream(name, offset_samples, time.monotonic())

    async def stop(self) -> None:
        """Write the rest and close the file. May be called again.

        Cancellation: safe; the rest is written nevertheless.
        """
        writer, self._writer = self._writer, None
        if writer is not None:
            self._finishing = asyncio.ensure_future(self._finish(writer))
            await asyncio.shield(self._finishing)

    async def _finish(self, writer: _Writer) -> None:
        ticks, self._waiting = self._waiting, []
        if self._writing is not None:
            await asyncio.wait([self._writing])
        if writer.is_closed:  # the disk has failed
            return
        if self._n_lost:
            _log.error("the disk is too slow: %d ms not recorded", self._n_lost * FRAME_MS)
            self._n_lost = 0
        try:
            await run_in(FILES, writer.finish, ticks)
        except OSError as exc:
            self._fail(writer.path, exc)

    async def _start(self, label: str) -> None:
        """Open a file. If that fails, it is logged and journalled, and the call goes on."""
        name = "-".join(filter(None, (f"{local_now():%Y%m%d-%H%M%S}", self._call_id, label)))
        path = self._folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.wav"
        self._waiting = []
        try:
            self._writer = await run_in(FILES, _Writer, path, self._recordings)
        except OSError as exc:
            self._fail(path, exc)
        else:
            self._journal.record("call_recording", file=path.name)

    def _flush(self, writer: _Writer) -> None:
        ticks, self._waiting = self._waiting, []
        loop = asyncio.get_running_loop()
        self._writing = loop.run_in_executor(FILES, writer.write, ticks)
        self._writing.add_done_callback(lambda done: self._written(writer, done))

    def _written(self, writer: _Writer, done: asyncio.Future[None]) -> None:
        self._writing = None
        error = None if done.cancelled() else done.exception()
        if isinstance(error, OSError):
            self._writer = None
            writer.close()
            self._fail(writer.path, error)

    def _fail(self, path: Path, exc: OSError) -> None:
        _log.error("the call is not recorded: %s: %s", path, exc.strerror)
        self._journal.record("call_recording_failed", error=exc.strerror)


class _Writer:
    """One file, used by one thread at a time."""

    def __init__(self, path: Path, recordings: Recordings) -> None:
        self.path = path
        self._recordings = recordings
        self._n_bytes = 0
        self._playing = ("", b"")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        self._fd = os.open(path, flags, 0o640)

    @property
    def is_closed(self) -> bool:
        """Nothing more can be written."""
        return self._fd < 0

    def write(self, ticks: list[Tick]) -> None:
        """Append, and bring the header up to date: a crash loses a second."""
        left = b"".join(TONE_FRAME if tick.caller is None else tick.caller for tick in ticks)
        right = b"".join(TONE_FRAME if tick.caller is None else self._mix(tick) for tick in ticks)
        both = np.stack([np.frombuffer(side, dtype="<i2") for side in (left, right)], axis=1)
        self._pwrite(both.tobytes(), HEADER_BYTES + self._n_bytes)
        self._n_bytes += both.nbytes
        self._pwrite(_header(self._n_bytes), 0)

    def finish(self, ticks: list[Tick]) -> None:
        """Write the rest and close."""
        try:
            self.write(ticks)
        finally:
            self.close()

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _pwrite(self, data: bytes, at: int) -> None:
        while data:
            n_written = os.pwrite(self._fd, data, at)
            data, at = data[n_written:], at + n_written

    def _mix(self, tick: Tick) -> bytes:
        if not tick.played:
            return SILENCE_FRAME
        frame = bytearray(FRAME_BYTES)
        for played in tick.played:
            pcm = self._samples(played)
            frame[played.at * 2 : played.at * 2 + len(pcm)] = pcm
        return bytes(frame)

    def _samples(self, played: Played) -> bytes:
        """Return the samples of a part, fewer at the end of the file."""
        begin, end = played.position * 2, (played.position + played.n_samples) * 2
        name, pcm = self._playing
        if name != played.name or (len(pcm) < end and os.path.isabs(name)):
            pcm = self._recordings.read(played.name) or b""  # again, if it may have grown
            self._playing = (played.name, pcm)
        return pcm[begin:end]


def _header(n_bytes: int) -> bytes:
    """Return the RIFF header of stereo s16le 8 kHz with that much data."""
    rate = SAMPLE_RATE_HZ
    form = struct.pack("<HHIIHH", 1, 2, rate, rate * 4, 4, 16)
    return (
        b"RIFF" + struct.pack("<I", 36 + n_bytes) + b"WAVEfmt " + struct.pack("<I", len(form))
        + form + b"data" + struct.pack("<I", n_bytes)
    )  # fmt: skip
