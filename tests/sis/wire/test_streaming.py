"""Messages of streaming synthesis (sis-protocol.md 16)."""

from __future__ import annotations

import json

import pytest

from ivr_agi.errors import ConfigError, SpeechProtocolError
from ivr_agi.sis.wire.messages import encode
from ivr_agi.sis.wire.streaming import (
    StreamingConfig,
    StreamingEnd,
    StreamingStart,
    StreamingText,
    decode_streaming_request,
)

VOICE = StreamingConfig(voice_name="chinese_huaxiaoli_common", sample_rate="8000")


@pytest.mark.parametrize(
    "message",
    [
        StreamingStart(config=VOICE),
        StreamingStart(config=VOICE, text_pieces="ONLY", text="你好。"),
        StreamingText("你好。"),
        StreamingEnd(),
    ],
)
def test_there_and_back(message: StreamingStart | StreamingText | StreamingEnd) -> None:
    """What is sent is what is read."""
    assert decode_streaming_request(encode(message)) == message


def test_start_on_the_wire() -> None:
    """As sis_03_0172 has it: without a text, several will follow."""
    assert json.loads(encode(StreamingStart(config=VOICE))) == {
        "command": "START",
        "config": {
            "voice_name": "chinese_huaxiaoli_common",
            "audio_format": "pcm",
            "sample_rate": "8000",
            "speed": 0,
            "pitch": 0,
            "volume": 50,
        },
        "text_pieces": "MULTI",
    }


@pytest.mark.parametrize(
    ("written", "rate_hz"),
    [("8000", 8000), ("8kHz", 8000), ("16k", 16000), ("24 kHz", 24000), ("24000", 24000)],
)
def test_rates_as_the_pages_print_them(written: str, rate_hz: int) -> None:
    """Hertz, or kHz."""
    assert StreamingConfig(voice_name="x", sample_rate=written).rate_hz == rate_hz


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("voice_name", ""),
        ("audio_format", "ulaw"),
        ("sample_rate", "11025"),
        ("speed", 501),
        ("pitch", -501),
        ("volume", 101),
    ],
)
def test_what_no_voice_can_do(key: str, value: object) -> None:
    """The error names it."""
    with pytest.raises(ConfigError) as caught:
        StreamingConfig(**{"voice_name": "x", key: value})  # type: ignore[arg-type]
    assert caught.value.key == key


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        '{"command": "SING"}',
        '{"command": "START"}',
        '{"command": "MSG"}',
        '{"command": "START", "config": {"voice_name": "x"}, "text_pieces": "SOME"}',
        '{"command": "START", "config": {"voice_name": "x"}, "text_pieces": "ONLY"}',
        '{"command": "MSG", "text": "' + "x" * 301 + '"}',
        "x" * 70_000,
    ],
)
def test_what_is_no_message(message: str) -> None:
    """One error for all of it."""
    with pytest.raises(SpeechProtocolError):
        decode_streaming_request(message)
