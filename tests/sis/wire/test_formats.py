"""Audio formats: bytes per millisecond and the service's limits."""

from __future__ import annotations

import pytest

from ivr_agi.audio.g711 import alaw_to_pcm, ulaw_to_pcm
from ivr_agi.sis.wire.formats import FORMATS, model_rate_hz


@pytest.mark.parametrize(
    ("name", "bytes_per_ms", "least", "most"),
    [
        ("pcm8k16bit", 16, 160, 32_768),
        ("pcm16k16bit", 32, 320, 65_536),
        ("ulaw8k8bit", 8, 160, 32_768),
        ("alaw8k8bit", 8, 160, 32_768),
        ("ulaw16k8bit", 16, 320, 65_536),
        ("alaw16k8bit", 16, 320, 65_536),
    ],
)
def test_every_format(name: str, bytes_per_ms: int, least: int, most: int) -> None:
    """Byte rates of 5 and frame limits of 4.1."""
    audio_format = FORMATS[name]
    assert audio_format.name == name
    assert audio_format.bytes_per_ms == bytes_per_ms
    assert (audio_format.min_chunk_bytes, audio_format.max_chunk_bytes) == (least, most)
    assert audio_format.sample_bytes == (2 if name.startswith("pcm") else 1)


def test_silence_is_silent() -> None:
    """In G.711 it is no zero byte."""
    assert ulaw_to_pcm(FORMATS["ulaw8k8bit"].silence) == b"\0\0"
    assert abs(int.from_bytes(alaw_to_pcm(FORMATS["alaw8k8bit"].silence), "little")) <= 8
    assert FORMATS["pcm16k16bit"].silence == b"\0\0"


@pytest.mark.parametrize(
    ("model", "rate_hz"),
    [("english_8k_common", 8000), ("chinese_16k_court", 16000), ("new_model", None)],
)
def test_the_rate_of_a_model(model: str, rate_hz: int | None) -> None:
    """It is in the name, or unknown."""
    assert model_rate_hz(model) == rate_hz
