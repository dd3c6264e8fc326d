"""Cuts a stream of frames into chunks of the size the service takes.

Core, no I/O; driven by the session that feeds it. Asterisk gives 20 ms frames; the service wants
50 to 1000 ms per binary frame, and refuses one that is too short or too long.

Source: ``sis-protocol.md`` 4.1 (limits) and 8, row 8 (short tail).
"""

from __future__ import annotations

from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.formats import PCM_8K, AudioFormat

__all__ = ("MAX_CHUNK_MS", "MIN_CHUNK_MS", "Chunker")

MIN_CHUNK_MS = 10
MAX_CHUNK_MS = 2000
"""Just under the 2048 ms of PCM that the service takes, so that a short tail still fits in."""


class Chunker:
    """Collects audio of one format and gives it back in chunks of ``chunk_ms``."""

    def __init__(self, chunk_ms: int = 40, audio_format: AudioFormat = PCM_8K) -> None:
        self.audio_format = audio_format
        self.chunk_ms = chunk_ms
        self.dropped_bytes = 0
        """What :meth:`keep_newest` has thrown away."""
        self._audio = bytearray()

    @property
    def chunk_ms(self) -> int:
        """Milliseconds per chunk, 10 to 2000; a new value counts from the next chunk on.

        A chunk is never shorter than the service takes, which is 20 ms of G.711.

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
        least = self.audio_format.min_chunk_bytes
        self._chunk_bytes = max(chunk_ms * self.audio_format.bytes_per_ms, least)

    @property
    def dropped_ms(self) -> float:
        """Milliseconds that :meth:`keep_newest` has thrown away."""
        return self.dropped_bytes / self.audio_format.bytes_per_ms

    def add(self, audio: bytes) -> None:
        """Take audio of any length."""
        self._audio += audio

    def keep_newest(self, max_ms: int) -> None:
        """Drop the oldest samples beyond ``max_ms``, and count them."""
        n_excess = len(self._audio) - max_ms * self.audio_format.bytes_per_ms
        if n_excess > 0:
            n_excess += n_excess % self.audio_format.sample_bytes
            del self._audio[:n_excess]
            self.dropped_bytes += n_excess

    def clear(self) -> None:
        """Forget what has not been cut yet."""
        self._audio.clear()

    def cut(self) -> list[bytes]:
        """All whole chunks; the rest stays."""
        size = self._chunk_bytes
        if len(self._audio) < size:  # of most 20 ms frames
            return []
        n_whole = len(self._audio) // size * size
        chunks = [bytes(self._audio[at : at + size]) for at in range(0, n_whole, size)]
        del self._audio[:n_whole]
        return chunks

    def flush(self) -> list[bytes]:
        """All whole chunks and the tail, which is never too short to be sent.

        A short one is merged into the chunk before it; where that is on its way already, silence
        makes up the length.
        """
        chunks = self.cut()
        if not self._audio:
            return chunks
        tail = bytes(self._audio)
        self._audio.clear()
        silence = self.audio_format.silence
        if half := len(tail) % len(silence):
            tail += silence[half:]
        least = self.audio_format.min_chunk_bytes
        if len(tail) < least and chunks:
            chunks[-1] += tail
        else:
            chunks.append(tail + silence * ((least - len(tail)) // len(silence)))
        return chunks
