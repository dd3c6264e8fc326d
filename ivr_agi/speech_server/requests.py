"""Reads what clients send, and gives the error code if it is wrong. Core, no I/O.

Also says what a ``property`` means for the local engines: a recognition model, or a voice.

Source: ``sis-protocol.md`` 12.1 (codes), 4.1, 5 (models) and 9 (fields), 8 rows 10 and 11, 10
(voices) and 14.1 (what is accepted although it is not documented).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ivr_agi.catalogue import SHORT_TEXT, VENDOR_VOICES, vendor_voice
from ivr_agi.errors import ConfigError, SpeechProtocolError
from ivr_agi.sis.wire.messages import (
    RecognitionStartRequest,
    decode_recognition_request,
    decode_synthesis_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ivr_agi.sis.wire.messages import RecognitionCommand, SynthesisStartRequest

__all__ = (
    "BadRequest",
    "Model",
    "Speaker",
    "engine_language",
    "read_recognition_request",
    "read_synthesis_request",
    "recognition_model",
    "speaker",
)

SYNTHESIS_CODES = {"sample_rate": "SIS.0402", "audio_format": "SIS.0410", "property": "SIS.0411"}
"""Error code by the wrong field; SIS.0415 for any other."""


class BadRequest(Exception):
    """A request cannot be accepted.

    Attributes:
        code: ``SIS.xxxx``.
        text: One line for the client.
    """

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(f"{code}: {text}")


def read_recognition_request(
    frame: str, check_start: Callable[[dict[str, Any]], None] = lambda config: None
) -> RecognitionCommand:
    """Read START or END of a recognition socket.

    Args:
        frame: The message.
        check_start: Raises what else is wrong with the fields of ``config`` as they came.

    Raises:
        BadRequest: SIS.0012 for a missing field, SIS.0032 for anything else.
    """
    fields = _fields(frame, "SIS.0032")
    _require(fields, ["command"])
    if fields["command"] == "START":
        _require(fields, ["config"])
        _require(fields["config"], ["audio_format", "property"], "config.")
    try:
        request = decode_recognition_request(frame)
    except SpeechProtocolError as error:
        raise BadRequest("SIS.0032", error.reason) from error
    if isinstance(request, RecognitionStartRequest):
        check_start(fields["config"])
    return request


def read_synthesis_request(frame: str) -> SynthesisStartRequest:
    """Read START of a synthesis socket.

    Raises:
        BadRequest: SIS.0012 for a missing field; SIS.0402, SIS.0410 or SIS.0411 for a wrong field
            of the voice; SIS.0415 for anything else.
    """
    fields = _fields(frame, "SIS.0415")
    _require(fields, ["command", "text"])
    try:
        start = decode_synthesis_request(frame)
    except SpeechProtocolError as error:
        key = error.__cause__.key if isinstance(error.__cause__, ConfigError) else None
        code = SYNTHESIS_CODES.get(key or _field_of_wrong_type(fields), "SIS.0415")
        raise BadRequest(code, error.reason) from error
    most = max(SHORT_TEXT + 1, vendor_voice(start.config.property).max_characters)
    if not 1 <= len(start.text.strip()) <= most:
        raise BadRequest("SIS.0415", f"'text' must have 1 to {most} characters with this voice")
    return start


def _fields(frame: str, code: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(frame, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadRequest(code, f"not a JSON object: {error}") from error


def _require(fields: object, keys: Iterable[str], where: str = "") -> None:
    for key in keys:
        if isinstance(fields, dict) and fields.get(key) is None:
            raise BadRequest("SIS.0012", f"'{where}{key}' is missing")


def _field_of_wrong_type(fields: dict[str, Any]) -> str:
    """Name the first field of a wrong type, which the decoder does not name."""
    config = fields.get("config")
    if not isinstance(config, dict):
        return ""
    for key in SYNTHESIS_CODES:
        allowed = str | int if key == "sample_rate" else str
        value = config.get(key, "0")
        if not isinstance(value, allowed) or (key == "sample_rate" and not str(value).isdigit()):
            return key
    return ""


LANGUAGES = {"english": "en-us", "chinese": "cmn"}
"""The engines' name of a language, by the first part of a property."""

_MODEL = re.compile(
    r"(english|chinese)_(8|16)k_(common|general|conversation|court|it|media|travel)"
)


class Model(NamedTuple):
    """A recognition model."""

    language: str
    """``en-us`` or ``cmn``."""
    rate_hz: int
    """Its sample rate."""


class Speaker(NamedTuple):
    """A voice."""

    language: str
    """``en-us`` or ``cmn``."""
    name: str
    """E.g. ``xiaoyan``."""


def engine_language(language: str) -> str | None:
    """Return the engines' name of a language of the vendor's; None: they have none."""
    return LANGUAGES.get(language)


def recognition_model(property_: str) -> Model | None:
    """Return the model of e.g. ``english_8k_common``; None if it does not exist here."""
    match = _MODEL.fullmatch(property_)
    return Model(LANGUAGES[match[1]], int(match[2]) * 1000) if match else None


def speaker(property_: str) -> Speaker | None:
    """Return the voice of e.g. ``chinese_xiaoyan_common``; None if SIS has none (SIS.0411)."""
    language, _, rest = property_.partition("_")
    name = rest.removesuffix("_common")
    known = VENDOR_VOICES.get(name)
    if known is None or known.language != language or known.is_streaming:
        return None
    return Speaker(LANGUAGES[language], name)
