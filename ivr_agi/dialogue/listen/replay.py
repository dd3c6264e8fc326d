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
    def is_sent(self) -> bool:
        """Nothing is left to be sent."""
        return self._n_sent == len(self._pcm)

    def add(self, pcm: bytes) -> int:
        """Keep what was just said; return how many bytes wait to be sent now."""
        self._pcm += pcm
        if len(self._pcm) > MAX_KEPT_BYTES:
            self._forget(len(self._pcm) - MAX_KEPT_BYTES)
        return len(self._pcm) - self._n_sent

    def take(self, max_bytes: int) -> bytes:
        """Return what is to be sent next."""
        pcm = bytes(self._pcm[self._n_sent : self._n_sent + max_bytes])
        self._n_sent += len(pcm)
        n_silent = min(self._n_sent, len(self._pcm) - MAX_SILENT_BYTES)
        if n_silent > 0 and not self.has_voice:
            self.n_forgotten += n_silent
            self._forget(n_silent)
        return pcm

    def _forget(self, n_bytes: int) -> None:
        del self._pcm[:n_bytes]
        self._n_sent = max(0, self._n_sent - n_bytes)

    def rewind(self) -> None:
        """Begin again: nobody has heard any of it."""
        self._n_sent = 0
