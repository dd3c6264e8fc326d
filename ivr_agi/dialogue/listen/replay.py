"""The caller's audio on its way to the service: what makes a message, what is kept to send again.

Core, no I/O.

A message costs as much as four frames do on their way to it, and most of them hold nothing to hear.
So while the line is quiet and no voice has been heard, messages are long; the first louder frame
goes out at once, with everything that waits: earlier than if messages were always short. On a noisy
line they are always short.
"""

from __future__ import annotations

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, ms_to_bytes
from ivr_agi.audio.levels import peak
from ivr_agi.audio.wideband import Upsampler
from ivr_agi.dialogue.listen.voice import QUIET_PEAK, CallerVoice

__all__ = (
    "BURST_BYTES",
    "CATCH_UP_BYTES",
    "MAX_KEPT_BYTES",
    "MAX_SILENT_BYTES",
    "QUIET_FRAMES",
    "Pacing",
    "Replay",
)

QUIET_FRAMES = 10
"""Quiet frames in a row that make a quiet line: pauses within words are shorter than 200 ms."""
MAX_KEPT_BYTES = ms_to_bytes(30_000)
"""Audio kept to be sent again: a sentence. Beyond that the oldest is dropped."""
MAX_SILENT_BYTES = ms_to_bytes(3000)
"""Audio kept after it was sent, while no voice is heard: far longer than a service takes to hear
one."""
BURST_BYTES = ms_to_bytes(5000)
"""Most audio sent at once when a session begins. The client gives up a socket when 10 s wait."""
CATCH_UP_BYTES = ms_to_bytes(400)
"""Most audio sent per 20 ms until the service has everything: twenty times the speed of speech."""


class Pacing:
    """Listens to every frame and says how much audio makes a message now."""

    def __init__(self) -> None:
        self.voice = CallerVoice()
        """What the frames tell of the caller."""
        self._n_quiet = 0
        self.set_chunk(40, 40)

    def set_chunk(self, chunk_ms: int, quiet_chunk_ms: int) -> None:
        """Set the length of messages, and their length on a quiet line (if that is longer), ms."""
        self._chunk_bytes = ms_to_bytes(chunk_ms)
        self._quiet_bytes = max(self._chunk_bytes, ms_to_bytes(quiet_chunk_ms))
        # Everything louder has been sent by then.
        self._quiet_frames = max(QUIET_FRAMES, chunk_ms // FRAME_MS)

    def message_bytes(self, frame: bytes, *, has_voice: bool) -> int:
        """Return how many bytes, including this frame's 320, must wait to be sent now.

        Args:
            frame: The caller's newest 20 ms.
            has_voice: The service has heard a voice: its end and its words are awaited, too.
        """
        level = peak(frame)
        self.voice.feed(level)
        if level <= QUIET_PEAK:
            self._n_quiet += 1
            is_quiet = self._n_quiet > self._quiet_frames and not has_voice
            return self._quiet_bytes if is_quiet else self._chunk_bytes
        was_quiet = self._n_quiet > self._quiet_frames
        self._n_quiet = 0
        return FRAME_BYTES if was_quiet else self._chunk_bytes


class Replay:
    """The audio of one session (PCM s16le mono 8 kHz), and how much of it has been sent.

    It is kept so that another endpoint can be sent the same sentence.

    Args:
        preroll: What was said just before.
        rate_hz: The model's rate, 8000 or 16000: what is sent is brought to it.
    """

    def __init__(self, preroll: bytes = b"", rate_hz: int = SAMPLE_RATE_HZ) -> None:
        self._pcm = bytearray(preroll)
        self._is_wide = rate_hz != SAMPLE_RATE_HZ
        self._upsampler = Upsampler()
        self._n_sent = 0
        self.has_voice = False
        """The service has heard a voice: all of it may be part of the sentence."""
        self.n_forgotten = 0
        """Bytes of silence that were sent and are not kept."""

    def __len__(self) -> int:
        return len(self._pcm)

    @property
    def is_sent(self) -> bool:
        """Nothing is left to send."""
        return self._n_sent == len(self._pcm)

    def add(self, pcm: bytes) -> int:
        """Keep what was just said; return how many bytes wait to be sent."""
        self._pcm += pcm
        if len(self._pcm) > MAX_KEPT_BYTES:
            self._forget(len(self._pcm) - MAX_KEPT_BYTES)
        return len(self._pcm) - self._n_sent

    def take(self, max_bytes: int) -> bytes:
        """Return what to send next: up to so many bytes of the line's, at the model's rate."""
        pcm = bytes(self._pcm[self._n_sent : self._n_sent + max_bytes])
        self._n_sent += len(pcm)
        n_silent = min(self._n_sent, len(self._pcm) - MAX_SILENT_BYTES)
        if n_silent > 0 and not self.has_voice:
            self.n_forgotten += n_silent
            self._forget(n_silent)
        return self._upsampler.convert(pcm) if self._is_wide else pcm

    def rewind(self) -> None:
        """Send everything again: the new endpoint has none of it."""
        self._n_sent = 0
        self._upsampler = Upsampler()

    def _forget(self, n_bytes: int) -> None:
        del self._pcm[:n_bytes]
        self._n_sent = max(0, self._n_sent - n_bytes)
