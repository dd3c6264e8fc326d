"""What the caller said since a session began, so that another endpoint can be told it all.

Core, no I/O.
"""

from __future__ import annotations

from ivr_agi.audio.frames import ms_to_bytes

__all__ = ("BURST_BYTES", "CATCH_UP_BYTES", "MAX_KEPT_BYTES", "MAX_SILENT_BYTES", "Replay")

MAX_KEPT_BYTES = ms_to_bytes(30_000)
"""A sentence; beyond that the oldest is dropped."""
MAX_SILENT_BYTES = ms_to_bytes(3000)
"""What was sent is kept so long without a voice: far longer than a service takes to hear one."""
BURST_BYTES = ms_to_bytes(5000)
"""Sent at once when a session begins. The client gives up a socket with 10 s waiting on it."""
CATCH_UP_BYTES = ms_to_bytes(400)
"""Sent for each 20 ms that pass, until the service has all: twenty times as fast as speech."""


class Replay:
    """The audio of one session (PCM s16le mono 8 kHz), and how much of it has been sent.

    Args:
        preroll: What was said just before.
    """

    def __init__(self, preroll: bytes = b"") -> None:
        self._pcm = bytearray(preroll)
        self._n_sent = 0
        self.has_voice = False
        """The service has heard a voice: all of it may be part of the sentence."""
        self.n_forgotten = 0
        """Bytes of silence that were sent and are not kept."""

    def __len__(self) -> int:
        return len(self._pcm)

    @property
    def n_waiting(self) -> int:
        """Bytes that have not been sent."""
        return len(self._pcm) - self._n_sent

    @property
    def is_sent(self) -> bool:
        """Nothing is left to be sent."""
        return self._n_sent == len(self._pcm)

    def add(self, pcm: bytes) -> None:
        """Keep what was just said."""
        self._pcm += pcm
        n_excess = len(self._pcm) - MAX_KEPT_BYTES
        if not self.has_voice:
            n_silent = min(self._n_sent, len(self._pcm) - MAX_SILENT_BYTES)
            self.n_forgotten += max(0, n_silent)
            n_excess = max(n_excess, n_silent)
        if n_excess > 0:
            del self._pcm[:n_excess]
            self._n_sent = max(0, self._n_sent - n_excess)

    def take(self, max_bytes: int) -> bytes:
        """Return what is to be sent next."""
        pcm = bytes(self._pcm[self._n_sent : self._n_sent + max_bytes])
        self._n_sent += len(pcm)
        return pcm

    def rewind(self) -> None:
        """Begin again: nobody has heard any of it."""
        self._n_sent = 0
