"""Converts audio between the wire's formats and the engines' (s16le mono 8 kHz in, any rate out).

Core, no I/O. Source: ``sis-protocol.md`` 5 (``audio_format``) and 9.
"""

from __future__ import annotations

import numpy as np
import soxr

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.audio.g711 import alaw_to_pcm, pcm_to_alaw, pcm_to_ulaw, ulaw_to_pcm
from ivr_agi.audio.wideband import WIDEBAND_RATE_HZ, Downsampler

__all__ = ("SpeechDecoder", "SpeechEncoder", "wire_rate_hz")


def wire_rate_hz(audio_format: str) -> int:
    """Return the sample rate of a recognition ``audio_format`` such as ``pcm16k16bit``."""
    return WIDEBAND_RATE_HZ if "16k" in audio_format else SAMPLE_RATE_HZ


class SpeechDecoder:
    """Turns a client's audio into the engines' format.

    Args:
        audio_format: One of :data:`ivr_agi.sis.wire.messages.AUDIO_FORMATS`.
    """

    def __init__(self, audio_format: str) -> None:
        self._coding = audio_format[:4].rstrip("18")
        self._odd = b""
        self._downsampler: Downsampler | None = None
        if wire_rate_hz(audio_format) != SAMPLE_RATE_HZ:
            # soxr's quickest is 20 ms late (engines.md 2), this is 1 ms.
            self._downsampler = Downsampler()

    def decode(self, data: bytes) -> bytes:
        """Return the next piece, of any length, as s16le mono 8 kHz."""
        if self._coding == "ulaw":
            pcm = ulaw_to_pcm(data)
        elif self._coding == "alaw":
            pcm = alaw_to_pcm(data)
        else:
            pcm = self._odd + data
            whole = len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES
            pcm, self._odd = pcm[:whole], pcm[whole:]
        return pcm if self._downsampler is None else self._downsampler.convert(pcm)


class SpeechEncoder:
    """Turns a voice's audio into the format that a client asked for.

    Args:
        audio_format: ``pcm``, ``ulaw`` or ``alaw``.
        voice_rate_hz: Sample rate of the voice.
        rate_hz: Sample rate of the output.
    """

    def __init__(self, audio_format: str, *, voice_rate_hz: int, rate_hz: int) -> None:
        self._coding = audio_format
        self._resampler: soxr.ResampleStream | None = None
        if voice_rate_hz != rate_hz:
            self._resampler = soxr.ResampleStream(voice_rate_hz, rate_hz, 1, "int16", quality="MQ")

    def encode(self, pcm: bytes, *, last: bool = False) -> bytes:
        """Encode the next piece (s16le mono at the voice's rate); ``last`` also flushes."""
        if self._resampler is not None:
            samples = np.frombuffer(pcm, "<i2")
            pcm = self._resampler.resample_chunk(samples, last=last).tobytes()
        if self._coding == "ulaw":
            return pcm_to_ulaw(pcm)
        if self._coding == "alaw":
            return pcm_to_alaw(pcm)
        return pcm
