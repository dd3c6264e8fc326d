"""Where a sentence begins and ends, from a row of speech probabilities. Core, no I/O.

Start: ``START_WINDOWS`` of the last ``RECENT_WINDOWS`` windows are speech. With 32 ms windows and
Silero that is 80 ms (median) after the true onset, and no false start on noise, tones, hum or
music (``engines.md`` 3). End: ``tail_windows`` in a row without speech.
"""

from __future__ import annotations

import enum
from collections import deque

__all__ = ("SPEECH_OFF", "SPEECH_ON", "Boundary", "Endpointer")

SPEECH_ON = 0.5
"""A window counts as speech for the start at or above this probability."""
SPEECH_OFF = 0.35
"""A window counts as silence for the end below this probability."""
START_WINDOWS = 2
RECENT_WINDOWS = 4


class Boundary(enum.Enum):
    """What a window turned out to be the end of."""

    VOICE_STARTED = "voice_started"
    """Silence is over; the onset is :attr:`Endpointer.onset_windows` windows back."""
    VOICE_ENDED = "voice_ended"
    """The sentence is over."""


class Endpointer:
    """Finds one sentence.

    Args:
        tail_windows: Windows of silence that end it (at least 1).
    """

    def __init__(self, tail_windows: int) -> None:
        self._tail_windows = max(1, tail_windows)
        self._recent: deque[bool] = deque(maxlen=RECENT_WINDOWS)
        self._in_voice = False
        self.silent_windows = 0
        """Windows below ``SPEECH_OFF`` since the last that was not."""

    @property
    def onset_windows(self) -> int:
        """Windows from the first recent speech window to now, at ``VOICE_STARTED``."""
        return len(self._recent) - self._recent.index(True)

    def push(self, probability: float) -> Boundary | None:
        """Take the speech probability of the next window."""
        if self._in_voice:
            self.silent_windows = 0 if probability >= SPEECH_OFF else self.silent_windows + 1
            if self.silent_windows < self._tail_windows:
                return None
            self._in_voice = False
            self._recent.clear()
            return Boundary.VOICE_ENDED
        self._recent.append(probability >= SPEECH_ON)
        if sum(self._recent) < START_WINDOWS:
            return None
        self._in_voice = True
        self.silent_windows = 0
        return Boundary.VOICE_STARTED
