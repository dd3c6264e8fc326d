"""Audio formats: bytes per millisecond and the service's limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.audio.g711 import alaw_to_pcm, ulaw_to_pcm
from ivr_agi.catalogue import model_rate_hz
from ivr_agi.sis.wire.formats import FORMATS, PCM_8K


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
    assert (audio_format.min_message_bytes, audio_format.max_message_bytes) == (least, most)
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


def test_an_end_that_is_too_short_is_filled_with_silence() -> None:
    """No message has less than 160 bytes, and none half a sample (8, row 8)."""
    assert PCM_8K.messages(b"\1" * 7) == [b"\1" * 7 + bytes(153)]
    assert PCM_8K.messages(b"\1" * 201) == [b"\1" * 201 + b"\0"]
    assert PCM_8K.messages(b"") == []


@pytest.mark.parametrize(
    ("name", "silence", "least"),
    [
        ("ulaw8k8bit", b"\xff", 160),
        ("alaw8k8bit", b"\xd5", 160),
        ("alaw16k8bit", b"\xd5", 320),
        ("pcm16k16bit", b"\0", 320),
    ],
)
def test_each_format_has_its_limits(name: str, silence: bytes, least: int) -> None:
    """10 ms of G.711 are too short for the service: 20 ms are sent (4.1, 5)."""
    audio_format = FORMATS[name]
    assert audio_format.messages(b"\1" * least) == [b"\1" * least]
    assert audio_format.messages(b"\1" * 10) == [b"\1" * 10 + silence * (least - 10)]
    most = audio_format.max_message_bytes
    cut = audio_format.messages(b"\1" * (2 * most + 2))
    assert cut == [b"\1" * most] * 2 + [b"\1" * 2 + silence * (least - 2)]


@given(st.sampled_from(sorted(FORMATS)), st.integers(0, 200_000))
def test_no_byte_is_lost_however_long_it_is(name: str, n_bytes: int) -> None:
    """Messages in a row are the input, plus silence at the very end."""
    audio_format, audio = FORMATS[name], b"\1" * n_bytes
    sent = audio_format.messages(audio)
    assert b"".join(sent)[:n_bytes] == audio
    assert not b"".join(sent)[n_bytes:].strip(audio_format.silence)
    for message in sent:
        assert audio_format.min_message_bytes <= len(message) <= audio_format.max_message_bytes
        assert len(message) % audio_format.sample_bytes == 0
