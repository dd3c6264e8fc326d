"""G.711, the two codecs of the telephone network: one byte per sample at 8 kHz.

Layer: bottom, no I/O. The tables are the standard library's (``audioop``; ``audioop-lts`` from
Python 3.13 on).
"""

from __future__ import annotations

import warnings

from ivr_agi.audio.frames import SAMPLE_BYTES

with warnings.catch_warnings():
    # Python 3.11 and 3.12 announce its removal; audioop-lts takes over under the same name.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

__all__ = ("alaw_to_pcm", "pcm_to_alaw", "pcm_to_ulaw", "ulaw_to_pcm")


def ulaw_to_pcm(ulaw: bytes) -> bytes:
    """Decode mu-law (8 kHz, one byte per sample) to s16le."""
    pcm: bytes = audioop.ulaw2lin(ulaw, SAMPLE_BYTES)
    return pcm


def alaw_to_pcm(alaw: bytes) -> bytes:
    """Decode A-law (8 kHz, one byte per sample) to s16le."""
    pcm: bytes = audioop.alaw2lin(alaw, SAMPLE_BYTES)
    return pcm


def pcm_to_ulaw(pcm: bytes) -> bytes:
    """Encode s16le as mu-law, one byte per sample."""
    ulaw: bytes = audioop.lin2ulaw(pcm, SAMPLE_BYTES)
    return ulaw


def pcm_to_alaw(pcm: bytes) -> bytes:
    """Encode s16le as A-law, one byte per sample."""
    alaw: bytes = audioop.lin2alaw(pcm, SAMPLE_BYTES)
    return alaw
