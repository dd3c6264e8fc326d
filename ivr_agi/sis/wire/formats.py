"""The audio formats of recognition: bytes per millisecond, silence, and limits of a message.

Core, no I/O. Audio is sent as it is, in the format that the session names; the call's link brings
it to the model's rate before.

Source: ``sis-protocol.md`` 5 (``audio_format``) and 4.1 (limits of a binary message).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.catalogue import model_rate_hz

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("FORMATS", "PCM_8K", "AudioFormat", "pcm_format")


@dataclass(frozen=True)
class AudioFormat:
    """One format: mono, raw, without a header."""

    name: str
    """Value of ``audio_format``."""
    rate_hz: int
    """8000 or 16000."""
    silence: bytes
    """One sample of silence; its length is the width of a sample in bytes."""

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample: 2 (s16le) or 1 (G.711)."""
        return len(self.silence)

    @property
    def bytes_per_ms(self) -> int:
        """8, 16 or 32."""
        return self.rate_hz // 1000 * self.sample_bytes

    @property
    def min_message_bytes(self) -> int:
        """Fewest bytes that the service takes in one message: 160 at 8 kHz, 320 at 16 kHz.

        That is 10 ms of PCM, but 20 ms of G.711: the limit ignores the width of a sample.
        """
        return self.rate_hz // 50

    @property
    def max_message_bytes(self) -> int:
        """Most bytes that the service takes in one message: 32768 at 8 kHz, 65536 at 16 kHz."""
        return 32_768 * self.rate_hz // 8000

    def messages(self, audio: bytes) -> list[bytes]:
        """Split audio into messages that the service takes; a short last one gets silence added.

        Source: ``sis-protocol.md`` 4.1 (limits) and 8, row 8 (short tail).
        """
        width = self.sample_bytes
        if half := len(audio) % width:
            audio += self.silence[half:]
        most = self.max_message_bytes
        pieces = [audio[at : at + most] for at in range(0, len(audio), most)]
        if pieces and (missing := self.min_message_bytes - len(pieces[-1])) > 0:
            pieces[-1] += self.silence * (missing // width)
        return pieces


PCM_8K = AudioFormat("pcm8k16bit", 8000, b"\0\0")
"""What Asterisk writes to fd 3."""

FORMATS: Mapping[str, AudioFormat] = {
    audio_format.name: audio_format
    for audio_format in (
        PCM_8K,
        AudioFormat("pcm16k16bit", 16000, b"\0\0"),
        AudioFormat("ulaw8k8bit", 8000, b"\xff"),
        AudioFormat("ulaw16k8bit", 16000, b"\xff"),
        AudioFormat("alaw8k8bit", 8000, b"\xd5"),
        AudioFormat("alaw16k8bit", 16000, b"\xd5"),
    )
}
"""All that RASR takes, by name."""


def pcm_format(property_: str) -> AudioFormat:
    """Return the PCM format of a model's rate; 8 kHz if its name has none."""
    return FORMATS[f"pcm{(model_rate_hz(property_) or PCM_8K.rate_hz) // 1000}k16bit"]
