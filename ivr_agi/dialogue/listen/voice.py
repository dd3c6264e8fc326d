"""Whether the caller speaks, by the level of frames alone: cheap enough for every frame.

Core, no I/O. It decides nothing about words: it tells how long the caller has been quiet, and so
how long a service that has heard a voice has kept the caller waiting.

A frame is *loud* if it stands out from the line's own noise, the quietest frame of the last 1.5 to
3 s: speech pauses in that time, noise does not.
"""

from __future__ import annotations

__all__ = ("OVER_FLOOR", "QUIET_PEAK", "RUN_FRAMES", "CallerVoice")

QUIET_PEAK = 100
"""Largest sample of a quiet frame, -50 dBFS: no detector would hear a voice in it. The noise of a
good line (-65 dBFS) stays below."""
OVER_FLOOR = 3
"""A loud frame's largest sample is so many times the quietest frame's, 10 dB: frames of white noise
differ by 6."""
RUN_FRAMES = 3
"""Loud frames in a row that are a voice; one is a click."""
_BLOCK_FRAMES = 75


class CallerVoice:
    """The caller's line, in frames of 20 ms."""

    def __init__(self) -> None:
        self.n_frames = 0
        """All frames so far."""
        self.n_voiced = 0
        """Those of them with a voice."""
        self.n_quiet = 0
        """Those since the last voice."""
        self._run = 0
        self._low = self._low_before = 1 << 15

    def feed(self, level: int) -> None:
        """Take the largest sample of one frame."""
        self.n_frames += 1
        if level < self._low:
            self._low = level
        if not self.n_frames % _BLOCK_FRAMES:
            self._low_before, self._low = self._low, level
        if level > QUIET_PEAK and level > OVER_FLOOR * min(self._low, self._low_before):
            self._run += 1
            if self._run >= RUN_FRAMES:
                self.n_voiced += 1
                self.n_quiet = 0
                return
        else:
            self._run = 0
        self.n_quiet += 1
