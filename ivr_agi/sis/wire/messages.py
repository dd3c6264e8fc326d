"""Every message of the SIS real-time protocol as a type, for the client and for a server.

Core, no I/O. Control messages are text messages with one JSON object; audio travels in binary
messages and needs no type. Requests carry ``command``, responses ``resp_type``. Field names are
those of the wire. Decoding is tolerant (``sis-protocol.md`` 8): unknown fields are ignored, a
missing ``trace_id`` is None, ``"false"`` is false, ``"500"`` is 500, and an unknown response type
is :class:`Unknown`. It raises only :class:`SpeechProtocolError`.

Source: ``sis-protocol.md`` 4 (RASR messages), 5 (RASR config), 9 (RTTS), 12.1 (error codes).
"""

from __future__ import annotations

import contextlib
import enum
from typing import Any, TypeAlias, TypeVar

import msgspec

from ivr_agi.errors import ConfigError, SpeechProtocolError, SpeechRejected
from ivr_agi.sis.wire.formats import FORMATS
from ivr_agi.sis.wire.lenient import mend_json, mend_type
from ivr_agi.sis.wire.remedies import remedy_for

__all__ = (
    "AUDIO_FORMATS",
    "EndRequest",
    "EndReason",
    "EndResponse",
    "ErrorResponse",
    "EventName",
    "EventResponse",
    "MAX_MESSAGE_CHARACTERS",
    "FatalErrorResponse",
    "PhonemeInfo",
    "RecognitionConfig",
    "RecognitionCommand",
    "RecognitionResponse",
    "ResultResponse",
    "Segment",
    "SegmentText",
    "RecognitionStartRequest",
    "StartResponse",
    "SynthesisStartRequest",
    "SubtitleInfo",
    "SubtitleResponse",
    "SynthesisConfig",
    "SynthesisResponse",
    "Unknown",
    "WordInfo",
    "decode_recognition_request",
    "decode_recognition_response",
    "decode_synthesis_request",
    "decode_synthesis_response",
    "encode",
    "rejection",
)

AUDIO_FORMATS = tuple(FORMATS)
"""Values of ``audio_format`` for RASR, mono and raw (``sis-protocol.md`` 5)."""

_YES_NO = ("no", "yes")
MAX_MESSAGE_CHARACTERS = 1 << 16
"""Looked at before anything else. A sentence of 60 s with the times of its words has 20,000."""


class EndReason(enum.StrEnum):
    """Reason in END (``sis-protocol.md`` 4.2)."""

    NORMAL = "NORMAL"
    """Everything that was sent has been processed."""
    CANCEL = "CANCEL"
    """The client's END asked to drop the rest."""
    ERROR = "ERROR"
    """The session failed."""


class EventName(enum.StrEnum):
    """Names of EVENTs (``sis-protocol.md`` 4.2 and 6)."""

    VOICE_START = "VOICE_START"
    """A voice begins."""
    VOICE_END = "VOICE_END"
    """The sentence is over."""
    EXCEEDED_SILENCE = "EXCEEDED_SILENCE"
    """Nothing was said, or a noise without words."""
    EXCEEDED_AUDIO = "EXCEEDED_AUDIO"
    """The session has more audio than the service takes. Only in documents from 2021: newer
    services send the error SIS.0309 instead."""


# --- Configurations ----------------------------------------------------------------------------


class RecognitionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a recognition session in START; what is None is not sent.

    Raises:
        ConfigError: A value is out of range; the error names key, value and range.

    Source: ``sis-protocol.md`` 5.
    """

    audio_format: str
    """One of :data:`AUDIO_FORMATS`; its rate must be that of ``property``."""
    property: str
    """Model, ``{language}_{rate}_{domain}``, e.g. ``english_8k_common``."""
    add_punc: str = "no"
    """``yes``: results have punctuation."""
    digit_norm: str | None = "yes"
    """``yes``: spoken numbers become Arabic digits."""
    vad_head: int = 10_000
    """Milliseconds of silence at the start until EXCEEDED_SILENCE, 0 to 60000. Services disagree
    about 0, so this client refuses it (8, row 7)."""
    vad_tail: int = 500
    """Milliseconds of silence that end a sentence, 0 to 3000; below 200 splits sentences."""
    max_seconds: int = 30
    """Seconds of speech after which a sentence is cut, 1 to 60."""
    interim_results: str = "no"
    """``yes``: RESULTs come while the caller speaks."""
    vocabulary_id: str | None = None
    """Hot-word table; with None, the field is not sent."""
    need_word_info: str | None = "no"
    """``yes``: results have the times of every word."""

    def __post_init__(self) -> None:
        _check_choice(self, "audio_format", AUDIO_FORMATS)
        _check_text(self, "property")
        for key in ("add_punc", "interim_results"):
            _check_choice(self, key, _YES_NO)
        for key in ("digit_norm", "need_word_info"):
            _check_choice(self, key, (*_YES_NO, None))
        _check_range(self, "vad_head", 0, 60_000)
        _check_range(self, "vad_tail", 0, 3_000)
        _check_range(self, "max_seconds", 1, 60)
        if self.vocabulary_id is not None:
            _check_text(self, "vocabulary_id")


class SynthesisConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a synthesis.

    Raises:
        ConfigError: A value is out of range; the error names key, value and range.

    Source: ``sis-protocol.md`` 9.
    """

    audio_format: str = "pcm"
    """``pcm`` (s16le mono), ``alaw`` or ``ulaw``, raw without a header."""
    sample_rate: int = 8000
    """Hertz, 8000 or 16000; a string on the wire, as in the vendor's SDK."""
    property: str = "chinese_xiaoyan_common"
    """Voice, ``{language}_{speaker}_{domain}``."""
    speed: int = 0
    """-500 to 500; 0 is about 250 characters a minute."""
    pitch: int = 0
    """-500 to 500."""
    volume: int = 50
    """0 to 100."""
    subtitle: str | None = None
    """``word_level`` or ``phoneme_level``: RESULTs with times; None: no subtitles."""

    def __post_init__(self) -> None:
        _check_choice(self, "audio_format", ("pcm", "alaw", "ulaw"))
        _check_choice(self, "sample_rate", (8000, 16000))
        _check_text(self, "property")
        _check_range(self, "speed", -500, 500)
        _check_range(self, "pitch", -500, 500)
        _check_range(self, "volume", 0, 100)
        if self.subtitle is not None:
            _check_choice(self, "subtitle", ("word_level", "phoneme_level"))


def _check_range(config: msgspec.Struct, key: str, low: int, high: int) -> None:
    value = getattr(config, key)
    if not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"must be an integer from {low} to {high}, got {value!r}", key=key)


def _check_choice(config: msgspec.Struct, key: str, choices: tuple[object, ...]) -> None:
    value = getattr(config, key)
    if value not in choices:
        allowed = ", ".join(str(choice) for choice in choices)
        raise ConfigError(f"must be one of {allowed}, got {value!r}", key=key)


def _check_text(config: msgspec.Struct, key: str) -> None:
    value = getattr(config, key)
    if not isinstance(value, str) or not value:
        raise ConfigError(f"must be a text that is not empty, got {value!r}", key=key)


# --- Client to server --------------------------------------------------------------------------


class RecognitionStartRequest(msgspec.Struct, frozen=True, tag_field="command", tag="START"):
    """START of a recognition session (RASR); audio follows after the START response."""

    config: RecognitionConfig


class SynthesisStartRequest(msgspec.Struct, frozen=True, tag_field="command", tag="START"):
    """START of a synthesis (RTTS), the only message of a client."""

    text: str
    config: SynthesisConfig = SynthesisConfig()


class EndRequest(msgspec.Struct, frozen=True, tag_field="command", tag="END"):
    """END of a recognition session (RASR)."""

    cancel: bool = False
    """True: drop audio that is not processed yet, and send no more results."""


RecognitionCommand: TypeAlias = RecognitionStartRequest | EndRequest


# --- Server to client --------------------------------------------------------------------------


class _Response(msgspec.Struct, frozen=True, kw_only=True, tag_field="resp_type"):
    trace_id: str | None = None
    """The service's id of the session; may be missing (8, row 13)."""


class StartResponse(_Response, frozen=True, kw_only=True, tag="START"):
    """START was accepted."""


class WordInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Times of one word, or of a part of one."""

    start_time: int = 0
    """Milliseconds since the first audio of the session."""
    end_time: int = 0
    """Milliseconds since the first audio of the session."""
    word: str = ""


class SegmentText(msgspec.Struct, frozen=True, kw_only=True):
    """Words of a segment (``result`` on the wire)."""

    text: str = ""
    score: float | None = None
    """Confidence 0 to 1; meaningless before the final result."""
    word_info: list[WordInfo] | None = None
    """Only with ``need_word_info``."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence, or what is known of it so far."""

    start_time: int = 0
    """Milliseconds since the first audio of the session."""
    end_time: int = 0
    """Milliseconds since the first audio of the session."""
    is_final: bool = False
    result: SegmentText | None = None
    """None if recognition failed."""


class ResultResponse(_Response, frozen=True, kw_only=True, tag="RESULT"):
    """Words (RASR)."""

    segments: list[Segment] = []


class PhonemeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Times of one sound of a word."""

    phoneme: str = ""
    start_time: int = 0
    """Milliseconds since the first audio of the synthesis."""
    end_time: int = 0
    """Milliseconds since the first audio of the synthesis."""
    phoneme_index: int = 0
    """From 0."""


class SubtitleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Times of one synthesised word."""

    start_time: int = 0
    """Milliseconds since the first audio of the synthesis."""
    end_time: int = 0
    """Milliseconds since the first audio of the synthesis."""
    text: str = ""
    word_index: int = 0
    """Position in the sentence, from 0."""
    phonemes: list[PhonemeInfo] | None = None
    """Only with ``phoneme_level``."""


class SubtitleResponse(_Response, frozen=True, kw_only=True, tag="RESULT"):
    """Times of the words of a synthesis (RTTS); here ``result`` is a list (9)."""

    result: list[SubtitleInfo] = []


class EventResponse(_Response, frozen=True, kw_only=True, tag="EVENT"):
    """Something happened in the audio (RASR)."""

    event: str = ""
    """An :class:`EventName`, or an unknown name."""
    timestamp: Any = 0
    """Reserved; do not rely on it, not even on its type."""


class ErrorResponse(_Response, frozen=True, kw_only=True, tag="ERROR"):
    """The session is over, the socket stays open; END follows if the session had begun (4.3)."""

    error_code: str = ""
    error_msg: str = ""


class FatalErrorResponse(_Response, frozen=True, kw_only=True, tag="FATAL_ERROR"):
    """The service closes the socket."""

    error_code: str = ""
    error_msg: str = ""


class EndResponse(_Response, frozen=True, kw_only=True, tag="END"):
    """The session is over."""

    reason: str = EndReason.NORMAL
    """An :class:`EndReason`."""


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """A response of a type that this version does not know; log and ignore it (8, row 18)."""

    resp_type: str
    trace_id: str | None = None


_AnyResponse: TypeAlias = StartResponse | ErrorResponse | FatalErrorResponse | EndResponse
SynthesisResponse: TypeAlias = _AnyResponse | SubtitleResponse | Unknown
RecognitionResponse: TypeAlias = _AnyResponse | ResultResponse | EventResponse | Unknown


def rejection(response: ErrorResponse | FatalErrorResponse, *, service: str = "") -> SpeechRejected:
    """Return the error for an ERROR or FATAL_ERROR."""
    return SpeechRejected(
        response.error_code,
        response.error_msg,
        service=service,
        trace_id=response.trace_id,
        remedy=remedy_for(response.error_code),
    )


# --- Encoding and decoding ---------------------------------------------------------------------

_Message = TypeVar("_Message")


class _Head(msgspec.Struct):
    """The type of a message; decoded only if the message is not an expected one."""

    command: str | None = None
    resp_type: str | None = None
    trace_id: Any = None


def encode(message: msgspec.Struct) -> str:
    """Return a request or response as the text of its message, without fields that are None."""
    text = msgspec.json.encode(message)
    if b"null" not in text and not isinstance(message, SynthesisStartRequest):
        return text.decode()  # nothing to leave out
    fields = _without_none(msgspec.to_builtins(message))
    if isinstance(message, SynthesisStartRequest):
        fields["config"]["sample_rate"] = str(message.config.sample_rate)
    return msgspec.json.encode(fields).decode()


def decode_recognition_request(message: str | bytes) -> RecognitionCommand:
    """Decode what a client sent on a RASR socket.

    Raises:
        SpeechProtocolError: No JSON, no known command, or a field that is missing or out of
            range; ``reason`` names it. ``__cause__`` is the ConfigError if a value is wrong.
    """
    try:
        return _decode(_RECOGNITION_COMMANDS, message)
    except SpeechProtocolError:
        kind = _decode(_HEADS, message).command
        if kind not in ("START", "END"):
            raise SpeechProtocolError(f"command must be START or END, got {kind!r}") from None
        raise


def decode_synthesis_request(message: str | bytes) -> SynthesisStartRequest:
    """Decode what a client sent on an RTTS socket.

    Raises:
        SpeechProtocolError: As :func:`decode_recognition_request`.
    """
    try:
        return _decode(_SYNTHESIS_START, message)
    except SpeechProtocolError:
        kind = _decode(_HEADS, message).command
        if kind != "START":
            raise SpeechProtocolError(f"command must be START, got {kind!r}") from None
        raise


def decode_recognition_response(message: str | bytes) -> RecognitionResponse:
    """Decode what the service sent on a RASR socket.

    What is no JSON is looked at again as the vendor's documents print it (:mod:`.lenient`).

    Raises:
        SpeechProtocolError: No JSON object, a known type with fields of wrong types, or too long.
    """
    try:
        return _decode(_RECOGNITION_RESPONSES, message)
    except SpeechProtocolError as error:
        return _second_look(_RECOGNITION_RESPONSES, _RECOGNITION_TAGS, message, error)


def decode_synthesis_response(message: str | bytes) -> SynthesisResponse:
    """Decode what the service sent on an RTTS socket, except for the audio.

    Raises:
        SpeechProtocolError: As :func:`decode_recognition_response`.
    """
    try:
        return _decode(_SYNTHESIS_RESPONSES, message)
    except SpeechProtocolError as error:
        return _second_look(_SYNTHESIS_RESPONSES, _SYNTHESIS_TAGS, message, error)


def _second_look(
    decoder: msgspec.json.Decoder[_Message],
    known: frozenset[str],
    message: str | bytes,
    error: SpeechProtocolError,
) -> _Message | Unknown:
    """Return what a message means that cannot be read as it is, or raise what is wrong with it."""
    if len(message) <= MAX_MESSAGE_CHARACTERS:
        mended = mend_json(message)
        for text in (mended, mend_type(mended, known)):
            if text != message:
                with contextlib.suppress(SpeechProtocolError):
                    return _decode(decoder, text)
        return _unknown(mended, known, error)
    raise error


def _unknown(message: str | bytes, known: frozenset[str], error: SpeechProtocolError) -> Unknown:
    """Return a response of an unknown type, or raise what is wrong with it."""
    try:
        head = _decode(_HEADS, message)
    except SpeechProtocolError:
        raise error from None
    if head.resp_type is None:
        raise SpeechProtocolError("a response must have resp_type, this one has none") from None
    if head.resp_type in known:
        raise error
    trace_id = head.trace_id if isinstance(head.trace_id, str) else None
    return Unknown(resp_type=head.resp_type, trace_id=trace_id)


# strict=False accepts numbers and booleans in quotes, as the vendor's SDK sends them (8, row 11).
_HEADS = msgspec.json.Decoder(_Head, strict=False)
_RECOGNITION_COMMANDS = msgspec.json.Decoder(RecognitionCommand, strict=False)
_SYNTHESIS_START = msgspec.json.Decoder(SynthesisStartRequest, strict=False)
_RECOGNITION_RESPONSES: msgspec.json.Decoder[_AnyResponse | ResultResponse | EventResponse] = (
    msgspec.json.Decoder(_AnyResponse | ResultResponse | EventResponse, strict=False)
)
_SYNTHESIS_RESPONSES: msgspec.json.Decoder[_AnyResponse | SubtitleResponse] = msgspec.json.Decoder(
    _AnyResponse | SubtitleResponse, strict=False
)

_ANY_TAGS = ("START", "ERROR", "FATAL_ERROR", "END")
_RECOGNITION_TAGS = frozenset({*_ANY_TAGS, "RESULT", "EVENT"})
_SYNTHESIS_TAGS = frozenset({*_ANY_TAGS, "RESULT"})


def _decode(decoder: msgspec.json.Decoder[_Message], message: str | bytes) -> _Message:
    if len(message) > MAX_MESSAGE_CHARACTERS:
        reason = f"a message must have {MAX_MESSAGE_CHARACTERS} characters at most, this one has"
        raise SpeechProtocolError(f"{reason} {len(message)}")
    try:
        return decoder.decode(message)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise SpeechProtocolError(f"not a message of the protocol: {error}") from error
    except ConfigError as error:
        raise SpeechProtocolError(f"'{error.key}' is invalid: {error.reason}") from error


def _without_none(fields: Any) -> Any:
    if isinstance(fields, dict):
        return {key: _without_none(value) for key, value in fields.items() if value is not None}
    if isinstance(fields, list):
        return [_without_none(item) for item in fields]
    return fields
