"""The caller's audio: drains fd 3, cuts it into frames, and counts them against the clock.

Layer: :class:`CallAudio` is the core without I/O; :class:`CallAudioReader` is the asyncio shell.

The rule: as long as time passes, frames come out. What arrives is passed on at once and whole. When
the frames passed on fall more than 100 ms behind the clock (phone muted, DTX, hold, loss: Asterisk
then writes nothing at all), silence fills the gap, frame by frame as time passes, so that the
speech service's clock never stops. Frames that arrive late are still passed on, ahead of the clock;
the next gap is filled by that much less, so that nothing is counted twice.

Source: ``asterisk.md`` section 1: 320-byte writes of s16le mono 8 kHz; a full pipe drops silently.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from typing import TYPE_CHECKING

from ivr_agi.agi.transport import release_fd
from ivr_agi.audio.frames import FRAME_BYTES, FRAME_MS, FRAME_S, SILENCE_FRAME
from ivr_agi.audio.health import AudioMeter
from ivr_agi.errors import ChannelLost

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("GAP_S", "MAX_AHEAD_S", "PREROLL_MS", "CallAudio", "CallAudioReader")

_log = logging.getLogger("ivr_agi.agi")

GAP_S = 0.1
"""Up to this far behind the clock is jitter, more is a gap. Five frames: the worst of phones."""
MAX_AHEAD_S = 2.0
"""The most late audio that is set off against the next gap, in seconds."""
PREROLL_MS = 500
"""Audio kept for a recognition session that starts in the middle of a word."""


class CallAudio:
    """Frames in order, with gaps filled. The shell feeds it bytes and the time."""

    def __init__(self, now: float) -> None:
        """Start counting at ``now``, monotonic seconds."""
        self.frames_received = 0
        """Frames from the caller."""
        self.frames_filled = 0
        """Frames of silence inserted."""
        self.bytes_odd = 0
        """Bytes before a gap that did not fill a frame; padded with silence."""
        self.meter = AudioMeter(now)
        """Can we hear the caller at all? Gets the caller's frames, not the filled ones."""
        self._covered_until = now  # the end of what was passed on
        self._tolerance_s = GAP_S
        self._ahead_s = 0.0
        self._partial = b""
        self._recent: deque[bytes] = deque(maxlen=PREROLL_MS // FRAME_MS)

    def feed(self, data: bytes, now: float) -> list[bytes]:
        """Take what was read, of any length; return the whole frames (320 bytes) to pass on."""
        if len(data) == FRAME_BYTES and not self._partial:  # nearly always
            frames = [data]
        else:
            frames = self._cut(self._partial + data)
        for frame in frames:
            self.meter.feed(frame, now)
        if frames:
            self.frames_received += len(frames)
            self._tolerance_s = GAP_S
            self._cover(frames)
            # Only audio that was filled before it arrived late counts as ahead of the clock. Audio
            # that waited in the pipe before we started, or a phone's fast clock, does not.
            self._covered_until = min(self._covered_until, now + self._ahead_s)
        return frames

    def tick(self, now: float) -> list[bytes]:
        """Return the frames of silence that are due. First :meth:`feed` all that has arrived."""
        if now < self.next_deadline():
            return []
        n_frames = int((now - self._covered_until) / FRAME_S + 1e-6)
        frames = [SILENCE_FRAME] * n_frames
        if self._partial:
            self.bytes_odd += len(self._partial)
            frames[0] = self._partial.ljust(FRAME_BYTES, b"\0")
            self._partial = b""
        self.frames_filled += n_frames
        self._ahead_s = min(self.frames_filled * FRAME_S, MAX_AHEAD_S)
        # Inside a gap one frame is due every 20 ms; the 100 ms apply to its start.
        self._tolerance_s = FRAME_S
        self._cover(frames)
        return frames

    def next_deadline(self) -> float:
        """When silence is due if nothing arrives, monotonic seconds."""
        return self._covered_until + self._tolerance_s

    def preroll(self) -> bytes:
        """Return the last 500 ms that were passed on (less at the start), including silence."""
        return b"".join(self._recent)

    def forget_preroll(self) -> None:
        """Empty the pre-roll: what was said before has been answered."""
        self._recent.clear()

    def _cut(self, data: bytes) -> list[bytes]:
        """Cut into frames; the remainder waits for the rest of its frame."""
        n_whole = len(data) // FRAME_BYTES * FRAME_BYTES
        self._partial = data[n_whole:]
        return [data[i : i + FRAME_BYTES] for i in range(0, n_whole, FRAME_BYTES)]

    def _cover(self, frames: list[bytes]) -> None:
        """Account for frames that are passed on."""
        self._covered_until += len(frames) * FRAME_S
        self._recent.extend(frames)


def _ignore(_frame: bytes) -> None:
    """Drop a frame: nobody listens."""


class CallAudioReader:
    """Reads fd 3 whenever there is something to read, and never waits for anyone."""

    def __init__(self, fd: int = 3, *, on_frame: Callable[[bytes], object] = _ignore) -> None:
        """Prepare for reading.

        Args:
            fd: Read end of Asterisk's audio pipe; closed by :meth:`stop`.
            on_frame: Called with every frame (320 bytes, 20 ms), including silence; must not block.
        """
        self.on_frame = on_frame
        """May be changed until :meth:`start`."""
        self.audio: CallAudio
        """Counters and pre-roll; exists after :meth:`start`."""
        self.eof_seen = False
        """Asterisk closed the pipe: no more audio comes, and gaps are not filled."""
        self._fd = fd
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start reading and counting.

        Raises:
            ChannelLost: The fd is not a pipe: the dialplan says AGI instead of EAGI.
        """
        self._loop = asyncio.get_running_loop()
        try:
            os.set_blocking(self._fd, False)
            self._loop.add_reader(self._fd, self._drain)
        except OSError as exc:
            raise ChannelLost("the caller's audio was being opened (is it EAGI?)") from exc
        self.audio = CallAudio(self._loop.time())
        self._set_timer()

    def stop(self) -> None:
        """Stop reading and close the fd. May be called twice, and without :meth:`start`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            release_fd(self._fd)
            self._fd = -1
        self.on_frame = _ignore  # the listener refers to us, too: break the cycle

    def _drain(self) -> None:
        """Pass on what has arrived: one read empties a pipe of 64 KiB."""
        try:
            data = os.read(self._fd, 1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.eof_seen = True
            self.stop()
            return
        self._hand_on(self.audio.feed(data, self._loop.time()))

    def _on_timer(self) -> None:
        """Fill what is missing, after reading all that has arrived."""
        self._timer = None
        if self._loop.time() >= self.audio.next_deadline():
            self._drain()
            self._hand_on(self.audio.tick(self._loop.time()))
        if self._fd >= 0:
            self._set_timer()

    def _hand_on(self, frames: list[bytes]) -> None:
        """Pass frames to the user, who may call :meth:`stop` on any of them."""
        for frame in frames:
            if self._fd >= 0:
                self.on_frame(frame)

    def _set_timer(self) -> None:
        """Set the timer for when silence is due.

        A frame that arrives meanwhile does not move the timer. It fires, finds nothing due and is
        set again: ten times a second instead of fifty.
        """
        self._timer = self._loop.call_at(self.audio.next_deadline(), self._on_timer)
