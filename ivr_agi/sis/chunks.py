"""Cuts a stream of frames into chunks of the size the service takes.

Core, no I/O; driven by the session that feeds it. Asterisk gives 20 ms frames; the service wants
50 to 1000 ms per binary frame and refuses less than 160 or more than 32768 bytes of 8 kHz audio.

Source: ``sis-protocol.md`` 4.1 (limits) and 8, row 8 (short tail).
"""

from __future__ import annotations

from ivr_agi.audio.frames import SAMPLE_BYTES, ms_to_bytes
from ivr_agi.errors import ConfigError

__all__ = ("MAX_CHUNK_MS", "MIN_CHUNK_BYTES", "MIN_CHUNK_MS", "Chunker")

MIN_CHUNK_BYTES = 160
"""The least that the service takes in one frame of 8 kHz audio: 10 ms."""
MIN_CHUNK_MS = 10
MAX_CHUNK_MS = 2000
"""32000 bytes, just under the 32768 that the service takes."""


class Chunker:
    """Collects PCM (s16le mono 8 kHz) and gives it back in chunks of ``chunk_ms``."""

    def __init__(self, chunk_ms: int = 40) -> None:
        self.chunk_ms = chunk_ms
        self.dropped_bytes = 0
        """What :meth:`keep_newest` has thrown away."""
        self._pcm = bytearray()

    @property
    def chunk_ms(self) -> int:
        """Milliseconds per chunk, 10 to 2000; a new value counts from the next chunk on.

        Raises:
            ConfigError: The value is out of range.
        """
        return self._chunk_ms

    @chunk_ms.setter
    def chunk_ms(self, chunk_ms: int) -> None:
        if not MIN_CHUNK_MS <= chunk_ms <= MAX_CHUNK_MS:
            raise ConfigError(
                f"must be from {MIN_CHUNK_MS} to {MAX_CHUNK_MS}, got {chunk_ms}", key="chunk_ms"
            )
        self._chunk_ms = chunk_ms

    def add(self, pcm: bytes) -> None:
        """Take audio of any length."""
        self._pcm += pcm

    def keep_newest(self, max_bytes: int) -> None:
        """Drop the oldest samples beyond ``max_bytes`` (even), and count them."""
        n_excess = len(self._pcm) - max_bytes
        if n_excess > 0:
            n_excess += n_excess % SAMPLE_BYTES
            del self._pcm[:n_excess]
            self.dropped_bytes += n_excess

    def clear(self) -> None:
        """Forget what has not been cut yet."""
        self._pcm.clear()

    def cut(self) -> list[bytes]:
        """All whole chunks; the rest stays."""
        size = ms_to_bytes(self._chunk_ms)
        n_whole = len(self._pcm) // size * size
        chunks = [bytes(self._pcm[at : at + size]) for at in range(0, n_whole, size)]
        del self._pcm[:n_whole]
        return chunks

    def flush(self) -> list[bytes]:
        """All whole chunks and the tail; silence fills a tail that is too short to be sent."""
        chunks = self.cut()
        if self._pcm:
            whole_samples = len(self._pcm) + len(self._pcm) % SAMPLE_BYTES
            chunks.append(bytes(self._pcm).ljust(max(whole_samples, MIN_CHUNK_BYTES), b"\0"))
            self._pcm.clear()
        return chunks
