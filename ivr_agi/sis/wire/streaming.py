"""Messages of streaming synthesis, in which text is sent while it is still being written.

Core, no I/O. The answers are those of RTTS: START, audio, END, ERROR. The service gathers text by
sentence, so a text ends with its punctuation, or with END.

Source: ``sis-protocol.md`` 16; the vendor's pages sis_03_0158, 0161, 0162 and 0172.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from ivr_agi.catalogue import STREAMING_TEXT
from ivr_agi.errors import ConfigError, SpeechProtocolError
from ivr_agi.sis.wire.messages import MAX_MESSAGE_CHARACTERS

__all__ = (
    "STREAMING_PATH",
    "StreamingCommand",
    "StreamingConfig",
    "StreamingEnd",
    "StreamingStart",
    "StreamingText",
    "decode_streaming_request",
)

STREAMING_PATH = "vcs/voices/clone"
"""Below the project."""
_RATES = {"8000": 8000, "16000": 16000, "24000": 24000, "8": 8000, "16": 16000, "24": 24000}
_RANGES = {"speed": (-500, 500), "pitch": (-500, 500), "volume": (0, 100)}


class StreamingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a streaming synthesis.

    Raises:
        ConfigError: A value is out of range; the error names key, value and range.
    """

    voice_name: str
    """A voice of the large model, or one of the account's own."""
    audio_format: str = "pcm"
    """``pcm`` (s16le mono)."""
    sample_rate: str = "16000"
    """Hertz: 8000, 16000 or 24000; the pages also print ``8kHz``."""
    speed: int = 0
    pitch: int = 0
    volume: int = 50

    def __post_init__(self) -> None:
        if not self.voice_name:
            raise ConfigError("must be a text that is not empty", key="voice_name")
        if self.audio_format not in ("pcm", "mp3"):
            reason = f"must be one of pcm, mp3, got {self.audio_format!r}"
            raise ConfigError(reason, key="audio_format")
        if not self.rate_hz:
            reason = f"must be 8000, 16000 or 24000, got {self.sample_rate!r}"
            raise ConfigError(reason, key="sample_rate")
        for key, (low, high) in _RANGES.items():
            if not low <= getattr(self, key) <= high:
                reason = f"must be an integer from {low} to {high}, got {getattr(self, key)!r}"
                raise ConfigError(reason, key=key)

    @property
    def rate_hz(self) -> int:
        """The sample rate; 0: it is none."""
        text = str(self.sample_rate).strip().lower()
        return _RATES.get(text.removesuffix("hz").removesuffix("k").strip(), 0)


class StreamingStart(msgspec.Struct, frozen=True, tag_field="command", tag="START", kw_only=True):
    """Begins a stream."""

    config: StreamingConfig
    text_pieces: str = "MULTI"
    """``MULTI``: texts follow; ``ONLY``: it is ``text``."""
    text: str | None = None
    """The only text."""

    def __post_init__(self) -> None:
        if self.text_pieces not in ("MULTI", "ONLY"):
            reason = f"must be MULTI or ONLY, got {self.text_pieces!r}"
            raise ConfigError(reason, key="text_pieces")
        if self.text_pieces == "ONLY" and not (self.text or "").strip():
            raise ConfigError("must be a text that is not empty", key="text")
        _check_length(self.text or "")


class StreamingText(msgspec.Struct, frozen=True, tag_field="command", tag="MSG"):
    """More text, of up to 300 characters."""

    text: str

    def __post_init__(self) -> None:
        _check_length(self.text)


class StreamingEnd(msgspec.Struct, frozen=True, tag_field="command", tag="END"):
    """There is no more text."""


StreamingCommand: TypeAlias = StreamingStart | StreamingText | StreamingEnd


def _check_length(text: str) -> None:
    if len(text) > STREAMING_TEXT:
        reason = f"must have {STREAMING_TEXT} characters at most, got {len(text)}"
        raise ConfigError(reason, key="text")


_COMMANDS = msgspec.json.Decoder(StreamingCommand, strict=False)


def decode_streaming_request(message: str) -> StreamingCommand:
    """Decode what a client sent on a socket of streaming synthesis.

    Raises:
        SpeechProtocolError: No JSON, no known command, or a field that is missing or out of range;
            ``__cause__`` is the ConfigError if a value is wrong.
    """
    if len(message) > MAX_MESSAGE_CHARACTERS:
        raise SpeechProtocolError(
            f"a message must have {MAX_MESSAGE_CHARACTERS} characters at most"
        )
    try:
        return _COMMANDS.decode(message)
    except ConfigError as error:
        raise SpeechProtocolError(f"'{error.key}' is invalid: {error.reason}") from error
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        cause = error.__cause__
        raise SpeechProtocolError(f"not a message of the protocol: {error}") from (cause or error)
