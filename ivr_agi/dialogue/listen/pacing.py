"""When the caller's audio is worth a message to the service. Core, no I/O.

A message costs as much as four frames do on their way to it, and nothing is to be heard in most of
them. So while a line is quiet and no voice has been heard, messages are long; the first frame that
is louder goes out at once, with all that waits: earlier than if messages were short all the time.
On a line with noise they are short all the time.
"""

from __future__ import annotations

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_MS, ms_to_bytes
from ivr_agi.audio.levels import peak

__all__ = ("QUIET_FRAMES", "QUIET_PEAK", "Pacing")

QUIET_PEAK = 100
"""A frame without a sample beyond this, -50 dBFS, has no voice in it that any detector would hear;
the noise of a good line (-65 dBFS) stays below."""
QUIET_FRAMES = 10
"""So many of them make a quiet line: pauses within words are shorter than 200 ms."""


class Pacing:
    """Listens to every frame and tells how much audio makes a message now."""

    def __init__(self) -> None:
        self._n_quiet = 0
        self.set_chunk(40, 40)

    def set_chunk(self, chunk_ms: int, quiet_chunk_ms: int) -> None:
        """Set the length of messages, and of those of a quiet line (if that is longer), ms."""
        self._chunk_bytes = ms_to_bytes(chunk_ms)
        self._quiet_bytes = max(self._chunk_bytes, ms_to_bytes(quiet_chunk_ms))
        # By then everything louder is on its way.
        self._quiet_frames = max(QUIET_FRAMES, chunk_ms // FRAME_MS)

    def message_bytes(self, frame: bytes, *, has_voice: bool) -> int:
        """Return how many bytes, up to this frame's (320), have to wait to be sent now.

        Args:
            frame: The caller's newest 20 ms.
            has_voice: The service has heard a voice: its end and its words are awaited too.
        """
        if peak(frame) <= QUIET_PEAK:
            self._n_quiet += 1
            is_quiet = self._n_quiet > self._quiet_frames and not has_voice
            return self._quiet_bytes if is_quiet else self._chunk_bytes
        was_quiet = self._n_quiet > self._quiet_frames
        self._n_quiet = 0
        return FRAME_BYTES if was_quiet else self._chunk_bytes
