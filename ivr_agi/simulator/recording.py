"""Both sides of a call on one time line: the caller left, the IVR right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr_agi.audio.wav import write_wav

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("CallTracks",)


@dataclass
class CallTracks:
    """What was said and heard; s16le mono 8 kHz, both of the same length."""

    started_at: float = 0.0
    """Monotonic seconds of the first sample."""
    caller_pcm: bytearray = field(default_factory=bytearray)
    """What the caller said; silence where the phone sent nothing."""
    ivr_pcm: bytearray = field(default_factory=bytearray)
    """What the caller heard."""

    def write(self, path: Path) -> None:
        """Write a stereo WAV (8 kHz, 16 bit; caller left, IVR right).

        Raises:
            OSError: The file cannot be written.
        """
        write_wav(path, bytes(self.caller_pcm), bytes(self.ivr_pcm))
